/** Runs whose reports are looked at in a browser: real ones of this machine, and such as are told as on AWS. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import { type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { readEvents } from '../../local/runs/event-log.ts';
import { renderReport } from '../../report/index.ts';
import {
  chunks,
  csv,
  durable,
  json,
  type NamedRef,
  ndjson,
  type Plan,
  ref,
  TaskGraph,
} from '../../state-machines/index.ts';
import { plan as flights } from '../../state-machines/pipelines/flights.ts';

// biome-ignore lint/suspicious/noExplicitAny: a handler of any task
type Handler = (context: any) => unknown;

const FLIGHTS = resolve(import.meta.dirname, '../../lambdas/flights');

export interface Scene {
  readonly plan: Plan;
  readonly html: string;
}

export interface Pipeline {
  readonly plan: Plan;
  readonly handlers: RunLocallyOptions['handlers'];
}

/** The page that a run here leaves in its folder. */
async function real(plan: Plan, options: RunLocallyOptions & { dir: string; run: string }): Promise<Scene> {
  await runLocally(plan, options);
  return { plan, html: readFileSync(join(options.dir, plan.pipeline, options.run, 'report.html'), 'utf8') };
}

export function success(dir: string): Promise<Scene> {
  return real(flights, { dir, run: 'success', handlers: FLIGHTS, input: {} });
}

export function failure(dir: string): Promise<Scene> {
  return real(flights, { dir, run: 'failure', handlers: FLIGHTS, fail: 'aggregate', keepOnFailure: 3600 });
}

/** Five of 200 chunks fail at first, two of them again, which is tolerated; every kind of hook is there, one fails. */
export function tiles(): Pipeline {
  const graph = new TaskGraph('tiles');
  const list = graph.addTask('list', { outputs: { tiles: chunks<{ tile: number }>() } });
  const draw = graph.addTask('draw', {
    each: list.outputs.tiles,
    outputs: { rows: ndjson<{ tile: number }>() },
    retries: 1,
    maxConcurrency: 24,
    toleratedFailures: 5,
  });
  graph.addTask('count', {
    inputs: { rows: draw.outputs.rows },
    outputs: { counts: durable(csv<{ tile: number }>()) },
  });
  graph.addErrorsTask('alert');
  graph.addFinallyTask('close', { retries: 1 });
  graph.addAfterExecutionTask('notify');
  const handlers: Record<string, Handler> = {
    list: ({ outputs }) =>
      outputs.tiles.write(
        Array.from({ length: 200 }, (_, tile) => ({ id: `tile-${String(tile).padStart(3, '0')}`, tile })),
      ),
    draw: async ({ chunk, attempt, outputs }) => {
      await sleep(30 + ((chunk.tile * 37) % 90));
      const isBroken = chunk.tile % 40 === 7 && (attempt === 1 || chunk.tile % 80 === 7);
      if (isBroken && chunk.tile < 160)
        throw Object.assign(new Error(`tile ${chunk.tile} has no ground`), { name: 'NoGround' });
      await outputs.rows.writeRows(Array.from({ length: 50 }, () => ({ tile: chunk.tile })));
    },
    count: ({ outputs }) => outputs.counts.writeRows([{ tile: 200 }]),
    alert: () => undefined,
    close: () => {
      throw new Error('the connection was closed already');
    },
    notify: () => undefined,
  };
  return { plan: graph.build(), handlers: handlers as never };
}

export function manyChunks(dir: string): Promise<Scene> {
  const { plan, handlers } = tiles();
  return real(plan, { dir, run: 'chunks', handlers, waits: 'none' });
}

export const HUNDRED = 100;

export function hundred(): Pipeline {
  const graph = new TaskGraph('hundred');
  const handlers: Record<string, Handler> = {};
  const refs: NamedRef[] = [];
  const add = (index: number, before: readonly number[]) => {
    const name = `${['load', 'clean', 'join', 'weigh-and-compare'][index % 4]}-${index}`;
    handlers[name] = async ({ outputs }) => {
      await sleep(5 + ((index * 29) % 60));
      await outputs.part.write({ text: 'x'.repeat(200 * (1 + (index % 7))) });
    };
    const inputs = Object.fromEntries(before.map((one) => [`from${one}`, refs[one]]));
    graph.addTask(name, { inputs: inputs as never, outputs: { part: json<{ text: string }>() } });
    refs.push(ref(`${name}.part`));
  };
  for (let index = 0; index < HUNDRED; index += 1) {
    const row = Math.floor(index / 10);
    const before = row === 0 ? [] : [index - 10, (row - 1) * 10 + ((index * 7) % 10)];
    add(index, [...new Set(before)]);
  }
  return { plan: graph.build(), handlers: handlers as never };
}

export function hundredTasks(dir: string): Promise<Scene> {
  const { plan, handlers } = hundred();
  return real(plan, { dir, run: 'graph', handlers, waits: 'none' });
}

/** As it stood when the first of two tasks was done that run side by side. */
export function running(dir: string): Scene {
  const events = readEvents({ path: join(dir, 'flights', 'failure') }, 'failure');
  const until = events.findIndex((event) => event.type === 'attempt-failed');
  const madeAt = events[until + 1]?.at ?? '';
  return {
    plan: flights,
    html: renderReport(flights, historyOf(flights, events.slice(0, until + 1)), undefined, madeAt),
  };
}

export const CONSOLE =
  'https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/x&y';

/** A success here, told as one on AWS: with the execution's ARN in place of a folder, and with links. */
export function onAws(dir: string): Scene {
  const events = readEvents({ path: join(dir, 'flights', 'success') }, 'success').map((event): RunEvent => {
    if (event.type !== 'run-started') return event;
    const { folder: _, ...rest } = event;
    const executionArn = 'arn:aws:states:eu-central-1:123456789012:execution:flights-machine:success';
    return { ...rest, executionArn, input: { month: '2001-01', airports: ['ORD', 'DFW'], '<b>': 'it\'s & "so"' } };
  });
  const logs = Object.fromEntries(
    flights.functions.map(({ name }) => [name, { text: `/aws/lambda/flights-${name}`, url: `${CONSOLE}/${name}` }]),
  );
  const links = { execution: CONSOLE, finalizer: CONSOLE, logs };
  return { plan: flights, html: renderReport(flights, historyOf(flights, events), links) };
}
