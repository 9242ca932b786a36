/** What is measured: functions as they would be deployed, and handlers written by hand, from the same bundler. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../../infra/bundle.ts';
import { synthesize } from '../../local/template/synthesize.ts';
import type { Plan } from '../../state-machines/index.ts';
import { plan as flights } from '../../state-machines/pipelines/flights.ts';
import { plan as minimal } from './minimal/graph.ts';

export const KINDS = ['empty', 'by hand', 'by hand, Powertools', 'ours'] as const;
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
  const byHand = bundleByHand(names, join(folder, `${plan.pipeline}-by-hand`));
  return names.map((name) => {
    const deployed = [...functions.values()].find(({ handler }) => handler === `${name}.handler`);
    if (!deployed) throw new Error(`no function of ${plan.pipeline} is for the task ${name}`);
    const event = {
      run: 'run-1',
      input: {},
      retryCount: 0,
      ...(plan.task(name)?.each && { chunks: ['a'], chunk: { firstRow: 0, rows: 1 } }),
    };
    const subject = (kind: Kind, code: string, module: string): Subject => ({
      kind,
      url: pathToFileURL(join(code, `${module}.mjs`)).href,
      environment: { RUNS: 'runs', RESULTS: 'results', ...deployed.environment },
      event,
    });
    return {
      task: `${plan.pipeline}/${name}`,
      subjects: [
        subject('empty', byHand['empty'] ?? '', 'empty'),
        subject('by hand', byHand[name] ?? '', name),
        subject('by hand, Powertools', byHand[`${name}-powertools`] ?? '', `${name}-powertools`),
        subject('ours', deployed.code, name),
      ],
    };
  });
}

/** Each in a run of the bundler of its own: a function that has nothing in common with others. */
function bundleByHand(names: readonly string[], folder: string): Readonly<Record<string, string>> {
  mkdirSync(folder);
  const source = (name: string, log: string) => {
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
  const groups = names.flatMap((name) => [
    { [name]: { file: source(name, 'console-log.ts') } },
    { [`${name}-powertools`]: { file: source(name, 'powertools-log.ts') } },
  ]);
  return bundle([{ empty: { file: join(BY_HAND, 'empty.ts') } }, ...groups], folder).folders;
}
