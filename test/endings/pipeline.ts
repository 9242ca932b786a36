/** The pipeline whose runs end: tasks side by side, chunks, a hook of each kind, and a durable output. */

import type { AnyHandler } from '../../lambdas/runtime/invocation.ts';
import { chunks, durable, json, type Plan, TaskGraph } from '../../state-machines/index.ts';

export const PIPELINE = 'endings';
export const TASKS = ['extract', 'part', 'left', 'right', 'load'] as const;
export const HOOKS = ['alert', 'report', 'notify'] as const;
export type FunctionName = (typeof TASKS)[number] | (typeof HOOKS)[number];

/** What `load` publishes. */
export const TABLE = { total: 21 };
const PARTS = [1, 2, 3];
const RAW = 5;

export function planOfEndings(): Plan {
  const graph = new TaskGraph(PIPELINE);
  const settings = { retries: 0, timeoutSeconds: 30 };
  const extract = graph.addTask('extract', {
    outputs: { raw: json<number>(), parts: chunks<{ value: number }>() },
    ...settings,
  });
  const part = graph.addTask('part', { each: extract.outputs.parts, outputs: { piece: json<number>() }, ...settings });
  const inputs = { raw: extract.outputs.raw };
  const left = graph.addTask('left', { inputs, outputs: { half: json<number>() }, ...settings });
  graph.addTask('right', { inputs, outputs: { half: json<number>() }, ...settings });
  graph.addTask('load', {
    inputs: { half: left.outputs.half, pieces: part.outputs.piece },
    outputs: { table: durable(json<typeof TABLE>()) },
    ...settings,
  });
  graph.addErrorsTask('alert', settings);
  graph.addFinallyTask('report', { outputs: { text: json<string>() }, ...settings });
  graph.addAfterExecutionTask('notify', settings);
  return graph.build();
}

/** @param before called first in each handler, and may fail it or keep it waiting */
export function handlersOfEndings(
  before: (name: FunctionName, run: string) => Promise<void>,
): Record<FunctionName, AnyHandler> {
  const work: Record<FunctionName, AnyHandler> = {
    extract: async ({ outputs }) => ({
      raw: await outputs.raw.write(RAW),
      parts: await outputs.parts.write(PARTS.map((value) => ({ id: `p${value}`, value }))),
    }),
    part: async ({ chunk, outputs }) => ({ piece: await outputs.piece.write(chunk.value * 2) }),
    left: async ({ inputs, outputs }) => ({ half: await outputs.half.write((await inputs.raw.read()) + 4) }),
    right: async ({ inputs, outputs }) => ({ half: await outputs.half.write(await inputs.raw.read()) }),
    load: async ({ inputs, outputs }) => {
      let total: number = await inputs.half.read();
      for await (const piece of inputs.pieces.rows()) total += piece;
      return { table: await outputs.table.write({ total }) };
    },
    alert: () => undefined,
    report: async ({ outputs }) => ({ text: await outputs.text.write('all is told') }),
    notify: () => undefined,
  };
  const entries = Object.entries(work).map(([name, handler]): [string, AnyHandler] => [
    name,
    async (context) => {
      await before(name as FunctionName, context.run);
      return handler(context);
    },
  ]);
  return Object.fromEntries(entries) as Record<FunctionName, AnyHandler>;
}
