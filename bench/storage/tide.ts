/** The pipeline whose runs come and go: a diamond whose tasks take the time, and write the bytes, that their run's plan says. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyHandler } from '../../lambdas/runtime/invocation.ts';
import { bytes, durable, json, type Plan, TaskGraph } from '../../state-machines/index.ts';

export const TASKS = ['read', 'clean', 'index', 'join'] as const;
type Task = (typeof TASKS)[number];

/** The execution's input. */
export interface Tide {
  readonly milliseconds: Readonly<Record<Task, number>>;
  readonly bytes: Readonly<Record<Task, number>>;
}

/** How long a run takes at the least. */
export function pathMilliseconds({ milliseconds: { read, clean, index, join } }: Tide): number {
  return read + Math.max(clean, index) + join;
}

/** All that a run can hold at once, but for records of a few hundred bytes each. */
export function mostBytes(tide: Tide): number {
  return Object.values(tide.bytes).reduce((sum, one) => sum + one, 0);
}

export function planOfTide(): Plan {
  const graph = new TaskGraph('tide');
  const timeoutSeconds = 60;
  const read = graph.addTask('read', { outputs: { raw: bytes() }, timeoutSeconds });
  const inputs = { raw: read.outputs.raw };
  const clean = graph.addTask('clean', { inputs, outputs: { rows: bytes() }, timeoutSeconds });
  const index = graph.addTask('index', { inputs, outputs: { keys: bytes() }, timeoutSeconds });
  graph.addTask('join', {
    inputs: { rows: clean.outputs.rows, keys: index.outputs.keys },
    outputs: { table: bytes(), figures: durable(json<{ bytes: number }>()) },
    timeoutSeconds,
  });
  return graph.build();
}

/** Each reads all its inputs, and is done with half its work when it writes. */
export const tideHandlers: Readonly<Record<Task, AnyHandler>> = {
  read: handlerOf('read', 'raw'),
  clean: handlerOf('clean', 'rows'),
  index: handlerOf('index', 'keys'),
  join: handlerOf('join', 'table'),
};

function handlerOf(task: Task, output: string): AnyHandler {
  return async ({ inputs, outputs, input }) => {
    const tide = input as Tide;
    const half = tide.milliseconds[task] / 2;
    for (const reader of Object.values<{ bytes(): Promise<Uint8Array> }>(inputs)) await reader.bytes();
    await sleep(half);
    const written = { [output]: await outputs[output].write(new Uint8Array(tide.bytes[task])) };
    await sleep(half);
    if (task !== 'join') return written;
    return { ...written, figures: await outputs.figures.write({ bytes: tide.bytes.join }) };
  };
}
