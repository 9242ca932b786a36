/** What is measured: functions as they would be deployed, and handlers written by hand. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { bundle } from '../../infra/bundling/bundle.ts';
import { synthesize } from '../../local/template/synthesize.ts';
import type { Plan } from '../../state-machines/index.ts';
import { plan as flights } from '../../state-machines/pipelines/flights.ts';
import { plan as minimal } from './minimal/graph.ts';

export const KINDS = ['empty', 'by hand', 'by hand, Powertools', 'by hand, our bundler', 'ours'] as const;
export type Kind = (typeof KINDS)[number];

export interface Subject {
  readonly kind: Kind;
  /** The module with the handler. */
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What it is invoked with. */
  readonly event: unknown;
}

export interface Compared {
  /** As `pipeline/task`. */
  readonly task: string;
  readonly subjects: readonly Subject[];
}

const HERE = import.meta.dirname;
const BY_HAND = join(HERE, 'by-hand');

const OPTIONS: Readonly<Record<string, object>> = {
  'merge-load': { durable: ['table', 'summary'], releases: ['extract', 'aggregate', 'enrich'] },
};

/** @param folder for the bundles, and what they are made of */
export function compared(folder: string): Compared[] {
  return [
    ...ofPipeline(flights, join(HERE, '../../lambdas/flights'), folder),
    ...ofPipeline(minimal, join(HERE, 'minimal/handlers'), folder),
  ];
}

function ofPipeline(plan: Plan, handlers: string, folder: string): Compared[] {
  const names = plan.tasks.map(({ name }) => name);
  const { functions } = synthesize(plan, { handlers, outdir: join(folder, plan.pipeline) });
  const byHand = join(folder, `${plan.pipeline}-by-hand`);
  const sources = writeByHand(names, byHand);
  for (const [name, source] of Object.entries(sources)) bundleAlone(source, join(byHand, name, `${name}.mjs`));
  const ourBundler = bundle(
    Object.entries(sources).map(([name, file]) => ({ [name]: { file } })),
    byHand,
  ).folders;
  return names.map((name) => {
    const deployed = [...functions.values()].find(({ handler }) => handler === `${name}.handler`);
    if (!deployed) throw new Error(`no function of ${plan.pipeline} is for the task ${name}`);
    const event = {
      run: 'run-1',
      input: {},
      retryCount: 0,
      ...(plan.task(name)?.each && { chunks: ['a'], chunk: { firstRow: 0, rows: 1 } }),
    };
    const environment = { RUNS: 'runs', RESULTS: 'results', ...deployed.environment };
    const subject = (kind: Kind, code: string, module: string): Subject => {
      const url = pathToFileURL(join(code, `${module}.mjs`)).href;
      return { kind, url, environment, event };
    };
    const alone = (kind: Kind, module: string) => subject(kind, join(byHand, module), module);
    return {
      task: `${plan.pipeline}/${name}`,
      subjects: [
        alone('empty', 'empty'),
        alone('by hand', name),
        alone('by hand, Powertools', `${name}-powertools`),
        subject('by hand, our bundler', ourBundler[name] ?? '', name),
        subject('ours', deployed.code, name),
      ],
    };
  });
}

/** @returns the files of the handlers by hand, and that of one that does nothing, by name */
function writeByHand(names: readonly string[], folder: string): Record<string, string> {
  mkdirSync(folder);
  const write = (name: string, log: string) => {
    const from = (module: string) => JSON.stringify(join(BY_HAND, module));
    const file = join(folder, `${name}-${log}`);
    const lines = [
      `import { byHand } from ${from('handler.ts')};`,
      `import { log } from ${from(log)};`,
      `import { work } from ${from(`${name}.ts`)};`,
      `export const handler = byHand(${JSON.stringify(name)}, log, work, ${JSON.stringify(OPTIONS[name] ?? {})});`,
    ];
    writeFileSync(file, lines.join('\n'));
    return file;
  };
  const files = names.flatMap((name) => [
    [name, write(name, 'console-log.ts')],
    [`${name}-powertools`, write(name, 'powertools-log.ts')],
  ]);
  return { empty: join(BY_HAND, 'empty.ts'), ...Object.fromEntries(files) };
}

/** As who knows esbuild bundles a function: one ES module, minified, of the packages' ES modules, no source map. */
function bundleAlone(file: string, outfile: string): void {
  buildSync({
    entryPoints: [file],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'silent',
    loader: { '.parquet': 'file', '.csv': 'file' },
    publicPath: '.',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}
