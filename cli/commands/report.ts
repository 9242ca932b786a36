import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../../state-machines/index.ts';
import { fromHere } from '../render/hints.ts';
import { writeNotes } from '../runs/plan-of-run.ts';
import { reportFile } from '../runs/report-file.ts';
import { Places, type WhereOptions, whereOptions } from '../runs/where.ts';
import { runArguments } from '../runs/which-run.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends WhereOptions {
  readonly output?: string;
  readonly open?: true;
  readonly json?: true;
}

export function reportCommand(terminal: Terminal): Command {
  const command = new Command('report')
    .description('write a page that shows how a run went: one HTML file that needs nothing else')
    .option('-o, --output <file>', "where to; - for stdout (default: in the run's folder, or in this one for AWS)")
    .option('--open', 'open it in a browser');
  return whereOptions(runArguments(command, 'the latest one'))
    .option('--json', 'print where it is as JSON, and nothing else')
    .action(async (pipeline: string | undefined, run: string | undefined, options: Options) => {
      const { output, json } = options;
      const toStdout = output === '-';
      if (toStdout && (options.open || json))
        throw new UsageError('InvalidOption', `-o - and ${json ? '--json' : '--open'} exclude each other: name a file`);
      const { runToShow } = await import('../runs/run-shown.ts');
      const { history, links, notes, plan } = await runToShow([pipeline, run], new Places(options, terminal));
      const file = toStdout ? undefined : reportFile(output, history);
      const { renderReport } = await import('../../report/index.ts');
      const page = renderReport(plan, history, links);
      writeNotes(notes, terminal);
      if (file === undefined) {
        terminal.stdout.write(page);
        return;
      }
      writeReport(file, page);
      const about = { pipeline: history.pipeline, run: history.run, file };
      terminal.stdout.write(json ? `${JSON.stringify(about, null, 2)}\n` : `${fromHere(file)}\n`);
      if (options.open) await openPage(file, terminal);
    });
}

/** @throws UsageError */
function writeReport(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError('InvalidOption', `${join(file)} cannot be written: ${code}; name another file with -o`);
  }
}

/** Where there is no browser, the file is there all the same. */
async function openPage(file: string, { stderr }: Terminal): Promise<void> {
  try {
    const { default: open } = await import('open');
    const browser = await open(file);
    await new Promise<void>((resolve, reject) => {
      browser.once('error', reject);
      browser.once('spawn', resolve);
    });
  } catch (error) {
    stderr.write(`no browser could be opened (${(error as Error).message}); open that file yourself\n`);
  }
}
