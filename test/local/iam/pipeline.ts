/** A pipeline in which every kind of statement that a role can have is there for something. */

import type { AnyHandler } from '../../../lambdas/runtime/invocation.ts';
import { bytes, chunks, durable, json, optional, type Plan, TaskGraph } from '../../../state-machines/index.ts';

export const PIPELINE = 'whole';
export type Behaviour = (name: string, run: string, attempt: number) => 'work' | 'fail' | Promise<unknown>;

export function planOfAll(): Plan {
  const graph = new TaskGraph(PIPELINE);
  const settings = { retries: 1, timeoutSeconds: 30 };
  const split = graph.addTask('split', {
    outputs: { list: chunks<{ value: number }>(), far: chunks<{ value: number }>(), base: durable(json<number>()) },
    release: { list: 'run' },
    ...settings,
  });
  const { list, far, base } = split.outputs;
  const near = graph.addTask('near', {
    each: list,
    inputs: { base },
    outputs: { part: durable(json<number>()) },
    ...settings,
  });
  const away = graph.addTask('away', {
    each: far,
    maxConcurrency: 100,
    outputs: { piece: json<number>() },
    ...settings,
  });
  const bulk = graph.addTask('bulk', { inputs: { base }, outputs: { blob: bytes() }, ...settings });
  const merge = graph.addTask('merge', {
    inputs: { parts: near.outputs.part, pieces: away.outputs.piece, base: optional(base) },
    outputs: { total: json<number>(), table: durable(json<number>()) },
    ...settings,
  });
  graph.addTask('check', { inputs: { total: merge.outputs.total, blob: bulk.outputs.blob }, ...settings });
  const alarm = graph.addErrorsTask('alarm', {
    inputs: { total: merge.outputs.total },
    outputs: { note: durable(json<string>()) },
    ...settings,
  });
  graph.addFinallyTask('close', {
    inputs: { note: alarm.outputs.note, base },
    outputs: { log: durable(json<string>()) },
    ...settings,
  });
  graph.addAfterExecutionTask('notify', settings);
  return graph.build();
}

/** Above what goes up in one request. */
const LARGE = new Uint8Array(17 * 1024 * 1024);
const VALUES = [1, 2, 3].map((value) => ({ id: `c${value}`, value }));

/** @param behave called when a handler has done its work */
export function handlersOfAll(behave: Behaviour): Record<string, AnyHandler> {
  const work: Record<string, AnyHandler> = {
    split: async ({ outputs }) => {
      await outputs.list.write(VALUES);
      await outputs.far.write(VALUES);
      await outputs.base.write(1);
    },
    near: async ({ chunk, inputs, outputs }) => outputs.part.write(chunk.value + (await inputs.base.read())),
    away: ({ chunk, outputs }) => outputs.piece.write(chunk.value),
    bulk: async ({ attempt, inputs, run, outputs }) => {
      await inputs.base.read();
      const broken = behave('bulk-upload', run, attempt) === 'fail';
      await outputs.blob.write(
        (async function* () {
          yield broken ? LARGE : LARGE.subarray(0, 10);
          if (broken) throw new Error('the source is gone');
        })(),
      );
    },
    merge: async ({ inputs, outputs }) => {
      let total: number = (await inputs.base?.read()) ?? 0;
      for await (const part of inputs.parts.rows()) total += part;
      for await (const piece of inputs.pieces.rows()) total += piece;
      await outputs.total.write(total);
      await outputs.table.write(total);
    },
    check: async ({ inputs }) => {
      await inputs.total.read();
      await inputs.blob.bytes();
    },
    alarm: async ({ inputs, outputs }) => outputs.note.write(`it failed at ${await inputs.total?.read()}`),
    close: async ({ inputs, outputs }) =>
      outputs.log.write(`${await inputs.base?.read()}: ${(await inputs.note?.read()) ?? 'fine'}`),
    notify: () => undefined,
  };
  const entries = Object.entries(work).map(([name, handler]): [string, AnyHandler] => [
    name,
    async (context) => {
      await handler(context);
      const what = await behave(name, context.run, context.attempt);
      if (what === 'fail') throw new Error(`${name} was made to fail`);
    },
  ]);
  return Object.fromEntries(entries);
}
