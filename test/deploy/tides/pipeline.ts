/**
 * A pipeline with what flights lacks: hooks of all kinds, a condition, an optional input. What its handlers do wrong, or
 * slowly, the execution's input says, so that the same happens wherever it runs.
 */

import { chunks, csv, durable, fromInput, json, ndjson, optional, TaskGraph } from '../../../state-machines/index.ts';

export interface TidesInput {
  /** `full`: with the task `audit`. */
  readonly mode?: string;
  /** Tasks and hooks of which every attempt fails. */
  readonly fail?: readonly string[];
  /** Tasks and hooks of which the first attempt fails. */
  readonly failOnce?: readonly string[];
  /** How long a task waits before it does anything, in milliseconds. */
  readonly wait?: Readonly<Record<string, number>>;
}

export interface Level {
  readonly port: string;
  readonly cm: number;
}

const graph = new TaskGraph('tides');
// The finalizer waits as long as the longest of them may take.
const quick = { timeoutSeconds: 10, retry: { intervalSeconds: 1, backoffRate: 1, jitter: 'none' } } as const;

export const ports = graph.addTask('ports', {
  outputs: { ports: chunks<{ cm: number }>(), season: json<{ spring: boolean }>() },
  ...quick,
});

export const measure = graph.addTask('measure', {
  each: ports.outputs.ports,
  outputs: { levels: ndjson<Level>() },
  retries: 1,
  ...quick,
});

export const audit = graph.addTask('audit', {
  when: fromInput('mode').equals('full'),
  inputs: { levels: measure.outputs.levels },
  outputs: { doubts: json<{ count: number }>() },
  ...quick,
});

export const moon = graph.addTask('moon', {
  inputs: { season: ports.outputs.season },
  outputs: { phase: json<string>() },
  retries: 1,
  ...quick,
});

export const highest = graph.addTask('highest-tides', {
  inputs: { levels: measure.outputs.levels, doubts: optional(audit.outputs.doubts), phase: moon.outputs.phase },
  outputs: { table: durable(csv<Level>()), summary: durable(json<{ phase: string; doubts: number | null }>()) },
  retries: 1,
  ...quick,
});

export const moonFailed = moon.addErrorsTask('moon-failed', { ...quick, outputs: { told: durable(json<string[]>()) } });
export const alert = graph.addErrorsTask('alert', { ...quick, outputs: { told: durable(json<string[]>()) } });
export const close = graph.addFinallyTask('close', { ...quick, outputs: { told: durable(json<string>()) } });
export const notify = graph.addAfterExecutionTask('notify', quick);

export const plan = graph.build();
