/** Figures of many traces put together, and the bounds that they have to keep. */

import type { Measured } from './measure.ts';

export interface Summary {
  readonly family: string;
  readonly traces: number;
  readonly tasks: number;
  readonly waves: MeanAndWorst;
  readonly noHints: MeanAndWorst;
  readonly hints: MeanAndWorst;
  /** Of all states and all tasks. */
  readonly statesPerTask: number;
  /** Of the trace that takes longest. */
  readonly compileMsNoHints: number;
  readonly compileMsHints: number;
}

export interface MeanAndWorst {
  readonly mean: number;
  readonly worst: number;
}

export interface Bound {
  readonly of: string;
  readonly measured: number;
  readonly atMost: number;
  readonly passed: boolean;
}

/** A difference that is only one of rounding is none. */
const ROUNDING = 1 + 1e-9;
/** Up to so many tasks, `compile()` takes less than a second. */
const TASKS_IN_A_SECOND = 1_000;

export function summarize(family: string, traces: readonly Measured[]): Summary {
  const tasks = sum(traces.map((trace) => trace.tasks));
  return {
    family,
    traces: traces.length,
    tasks,
    waves: meanAndWorst(traces.map((trace) => trace.waves)),
    noHints: meanAndWorst(traces.map((trace) => trace.noHints)),
    hints: meanAndWorst(traces.map((trace) => trace.hints)),
    statesPerTask: sum(traces.map((trace) => trace.statesPerTask * trace.tasks)) / tasks,
    compileMsNoHints: Math.max(...traces.map((trace) => trace.compileMsNoHints)),
    compileMsHints: Math.max(...traces.map((trace) => trace.compileMsHints)),
  };
}

export function byFamily(traces: readonly Measured[]): Summary[] {
  const families = Map.groupBy(traces, (trace) => trace.family);
  return [...families].map(([family, ofFamily]) => summarize(family, ofFamily));
}

/** @param known whether these are the traces that the project's own bounds are stated for */
export function boundsOf(traces: readonly Measured[], known: boolean): Bound[] {
  const { noHints, hints } = summarize('all', traces);
  const bound = (of: string, measured: number, atMost: number): Bound => ({
    of,
    measured,
    atMost,
    passed: measured <= atMost * ROUNDING,
  });
  const slower = (mode: 'noHints' | 'hints') => traces.filter((trace) => trace[mode] > trace.waves * ROUNDING).length;
  const inTime = traces.filter((trace) => trace.tasks <= TASKS_IN_A_SECOND);
  const slowest = Math.max(0, ...inTime.map((trace) => Math.max(trace.compileMsNoHints, trace.compileMsHints)));
  return [
    ...(known
      ? [
          bound('no hints, mean', noHints.mean, 1.019),
          bound('hints, mean', hints.mean, 1.001),
          bound('hints, worst', hints.worst, 1.02),
        ]
      : [bound('hints, worst', hints.worst, 1.1)]),
    bound('no hints, traces slower than by waves', slower('noHints'), 0),
    bound('hints, traces slower than by waves', slower('hints'), 0),
    bound(`milliseconds of compile(), graphs of up to ${TASKS_IN_A_SECOND} tasks`, slowest, 1_000),
  ];
}

function meanAndWorst(ratios: readonly number[]): MeanAndWorst {
  return { mean: sum(ratios) / ratios.length, worst: Math.max(...ratios) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
