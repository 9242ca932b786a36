import { Command } from 'commander';
import { LISTED, type RunSummary } from '../../history/runs.ts';
import { RUN_STATUSES } from '../../state-machines/contract/result.ts';
import { UsageError } from '../../state-machines/index.ts';
import { parseCount } from '../options/count.ts';
import { printable } from '../printable.ts';
import { EBBTIDE } from '../render/hints.ts';
import { renderRuns } from '../render/runs.ts';
import { type Place, Places, type WhereOptions, whereOptions } from '../runs/where.ts';
import { allPipelines, howToBegin, placesOfKnown } from '../runs/which-run.ts';
import { type StyleText, styler, type Terminal } from '../terminal.ts';

interface Options extends WhereOptions {
  readonly status?: string;
  readonly limit: string;
  readonly json?: true;
}

const STATUSES: readonly RunSummary['status'][] = ['RUNNING', ...RUN_STATUSES];

export function listCommand(terminal: Terminal): Command {
  const command = new Command('list')
    .description('list runs, the latest ones first')
    .argument('[pipeline]', 'whose runs (default: those of all pipelines of this project)')
    .option('--status <statuses>', `only these: ${STATUSES.map(inWords).join(', ')}`)
    .option('--limit <number>', 'how many', String(LISTED));
  return whereOptions(command)
    .option('--json', 'print them as JSON, each with where it is, and nothing else')
    .action(async (pipeline: string | undefined, options: Options) => {
      const statuses = options.status === undefined ? undefined : parseStatuses(options.status);
      const limit = parseCount(options.limit, '--limit');
      const places = new Places(options, terminal);
      const asked =
        pipeline === undefined ? await places.ofAll(await allPipelines(places)) : await placesOfKnown(pipeline, places);
      const lists = asked.map(async (place) => {
        const runs = await place.runs.list({ limit, ...(statuses && { statuses }) });
        return runs.map((run) => ({ ...run, where: place.runs.where, place }));
      });
      const runs = (await thoseTold(lists, terminal))
        .flat()
        .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt))
        .slice(0, limit);
      if (options.json) {
        terminal.stdout.write(
          `${JSON.stringify(
            runs.map(({ place: _, ...run }) => run),
            null,
            2,
          )}\n`,
        );
        return;
      }
      const style = styler(terminal.stdout);
      const blocks = asked.flatMap((place) => {
        const own = runs.filter((run) => run.place === place);
        return own.length > 0 || asked.length === 1 ? [renderPlace(place, own, options, style)] : [];
      });
      terminal.stdout.write(`${blocks.length > 0 ? blocks.join('\n\n') : noneAtAll(asked, places)}\n`);
    });
}

/** A pipeline that may not be asked for hides no other. */
async function thoseTold<T>(lists: readonly Promise<T>[], terminal: Terminal): Promise<T[]> {
  const answers = await Promise.allSettled(lists);
  const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason);
  if (refused.length > 0 && refused.length === lists.length) throw refused[0];
  for (const error of refused)
    terminal.stderr.write(`left out: ${printable(error instanceof Error ? error.message : String(error))}\n`);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

function renderPlace(
  place: Place,
  runs: readonly RunSummary[],
  { status }: Pick<Options, 'status'>,
  style: StyleText,
): string {
  const head = `${style('bold', place.runs.pipeline)} ${style('dim', place.label)}`;
  if (runs.length > 0) return `${head}\n${renderRuns(runs, Date.now(), style)}`;
  const which = status === undefined ? '' : ` that is ${status}`;
  return `${head}\nno run${which}${status === undefined ? `; ${howToBegin(place)}` : ''}`;
}

function noneAtAll(asked: readonly Place[], { dir, onlyAws }: Places): string {
  const [first] = asked;
  if (!first && onlyAws) return 'no pipeline of this project is deployed in this account and region: deploy one';
  if (!first)
    return `no pipeline is known here, and none has had a run in ${dir}; make one with ${EBBTIDE} init <name>`;
  const where = asked.map(({ runs, label }) => `  ${runs.pipeline} ${label}`).join('\n');
  return `no runs:\n${where}\n${howToBegin(first)}`;
}

/** @throws UsageError */
function parseStatuses(text: string): RunSummary['status'][] {
  return text.split(',').map((word) => {
    const status = STATUSES.find((known) => inWords(known) === word.trim().toLowerCase().replaceAll('-', '_'));
    if (status) return status;
    throw new UsageError(
      'InvalidOption',
      `--status: "${word.trim()}" is no status; give one or more of ${STATUSES.map(inWords).join(', ')}, with commas between`,
    );
  });
}

function inWords(status: RunSummary['status']): string {
  return status.toLowerCase();
}
