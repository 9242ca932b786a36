/** A task for each place where a handler can die. All write the same rows; each dies in its first attempt. */

import { durable, ndjson, TaskGraph, type TaskHandle } from '../../../../state-machines/index.ts';

export const graph = new TaskGraph('deaths');

export interface Row {
  readonly number: number;
  readonly text: string;
}

const SETTINGS = {
  outputs: { rows: durable(ndjson<Row>()) },
  retries: 1,
  resources: { memoryMiB: 256 },
} as const;

export const unharmed = graph.addTask('unharmed', SETTINGS);
export const beforeWriting = graph.addTask('before-writing', SETTINGS);
export const halfWay = graph.addTask('half-way', SETTINGS);
export const beforeCommit = graph.addTask('before-commit', SETTINGS);
export const afterCommit = graph.addTask('after-commit', SETTINGS);
export const outOfMemory = graph.addTask('out-of-memory', SETTINGS);
export const stuck = graph.addTask('stuck', { ...SETTINGS, timeoutSeconds: 8 });
export const overTime = graph.addTask('over-time', { ...SETTINGS, timeoutSeconds: 8 });
export const alwaysDies = graph.addTask('always-dies', SETTINGS);

export type DeathTask = TaskHandle<{}, typeof SETTINGS.outputs>;

/** About 12 MB: two parts of a multipart upload. */
export function* someRows(onRow: (number: number) => void = () => undefined): Generator<Row> {
  for (let number = 0; number < 120_000; number++) {
    onRow(number);
    yield { number, text: 'x'.repeat(70) };
  }
}

/** No exit handler, no finally: as a machine that loses its power. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
}
