/** What the tests of the local runner share: folders that go away, small machines, a small diamond. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll } from 'vitest';
import type { HandlerOf } from '../../lambdas/runtime/index.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/s3/endpoint.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { csv, durable, json, ndjson, type Plan, type RunResult, TaskGraph } from '../../state-machines/index.ts';

/** A folder for one test file, deleted at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** All files under a folder, as paths relative to it. */
export function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Whether a process is there; one that has ended and waits for its parent to notice is not. */
export function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

export function s3ClientOf(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

export type AnyState = Record<string, unknown>;

/** States, one after the other, with `Next` and `End` filled in where they are missing. */
export function machine(states: Record<string, AnyState>, rest: AnyState = {}): Definition {
  const names = Object.keys(states);
  const linked = Object.entries(states).map(([name, state], index) => {
    const next = names[index + 1];
    const ends = 'Next' in state || 'End' in state || ['Choice', 'Succeed', 'Fail'].includes(String(state['Type']));
    return [name, { ...state, ...(!ends && (next ? { Next: next } : { End: true })) }];
  });
  return { StartAt: names[0] ?? '', States: Object.fromEntries(linked), ...rest } as unknown as Definition;
}

export function taskState(rest: AnyState = {}): AnyState {
  return { Type: 'Task', Resource: 'arn:of-a-function', TimeoutSeconds: 60, ...rest };
}

/** A Parallel with a branch of one Task state for each name. */
export function parallelOf(tasks: readonly string[], each: AnyState = {}, rest: AnyState = {}): AnyState {
  return { Type: 'Parallel', Branches: tasks.map((task) => machine({ [task]: taskState(each) })), ...rest };
}

export function namesUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `t${index}`);
}

/** An error as a function's failure reaches the interpreter: its name is matched, its message is the cause. */
export function failure(name: string, message = ''): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

interface Row {
  readonly city: string;
  readonly delay: number;
}

export function diamond() {
  const graph = new TaskGraph('diamond');
  const extract = graph.addTask('extract', { outputs: { raw: ndjson<Row>() }, retries: 2 });
  const aggregate = graph.addTask('aggregate', {
    inputs: { raw: extract.outputs.raw },
    outputs: { agg: json<{ total: number }>() },
    retries: 1,
  });
  const enrich = graph.addTask('enrich', {
    inputs: { raw: extract.outputs.raw },
    outputs: { enriched: ndjson<Row & { late: boolean }>() },
    retries: 1,
  });
  const load = graph.addTask('merge-load', {
    inputs: { agg: aggregate.outputs.agg, enriched: enrich.outputs.enriched },
    outputs: { table: durable(csv<{ city: string; share: number; late: boolean }>()) },
    retries: 2,
  });
  const plan: Plan = graph.build();
  return { plan, extract, aggregate, enrich, load };
}

export type Diamond = ReturnType<typeof diamond>;
export type DiamondHandlers = {
  readonly extract: HandlerOf<Diamond['extract']>;
  readonly aggregate: HandlerOf<Diamond['aggregate']>;
  readonly enrich: HandlerOf<Diamond['enrich']>;
  readonly 'merge-load': HandlerOf<Diamond['load']>;
};

export const DIAMOND_TABLE = 'city,share,late\nOslo,0.4,false\nRome,0.6,true\n';

export const diamondHandlers: DiamondHandlers = {
  extract: async ({ outputs }) => {
    const rows = [
      { city: 'Oslo', delay: 4 },
      { city: 'Rome', delay: 6 },
    ];
    return { raw: await outputs.raw.writeRows(rows) };
  },
  aggregate: async ({ inputs, outputs }) => {
    let total = 0;
    for await (const { delay } of inputs.raw.rows()) total += delay;
    return { agg: await outputs.agg.write({ total }) };
  },
  enrich: async ({ inputs, outputs }) => {
    const rows: (Row & { late: boolean })[] = [];
    for await (const row of inputs.raw.rows()) rows.push({ ...row, late: row.delay > 5 });
    return { enriched: await outputs.enriched.writeRows(rows) };
  },
  'merge-load': async ({ inputs, outputs }) => {
    const { total } = await inputs.agg.read();
    const rows: { city: string; share: number; late: boolean }[] = [];
    for await (const { city, delay, late } of inputs.enriched.rows()) rows.push({ city, share: delay / total, late });
    return { table: await outputs.table.writeRows(rows) };
  },
};

/** A result without what differs from run to run. */
export function timeless(result: RunResult): object {
  const tasks = Object.entries(result.tasks).map(([name, { startedAt: _, durationMs: __, ...task }]) => [name, task]);
  const { startedAt: _, durationMs: __, ...rest } = result;
  return { ...rest, tasks: Object.fromEntries(tasks) };
}
