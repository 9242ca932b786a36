/** What one trace takes, nested in each of the ways that are compared. */

import { makespanSeconds } from '../state-machines/compiler/estimate.ts';
import { type CompiledPipeline, compile, type Plan } from '../state-machines/index.ts';
import { planOf, type Trace } from './traces.ts';

export interface Measured {
  readonly name: string;
  readonly family: string;
  readonly tasks: number;
  /** Makespan over critical path, both by the durations of the trace. */
  readonly waves: number;
  readonly noHints: number;
  readonly hints: number;
  /** States entered by a run of the machine compiled with hints, for each task. */
  readonly statesPerTask: number;
  /** Wall-clock time of all of `compile()`: the median of some runs after a first one. */
  readonly compileMsNoHints: number;
  readonly compileMsHints: number;
}

const RUNS = 5;

export function measureTrace(trace: Trace): Measured {
  const blind = timedCompile(planOf(trace, 'no hints'));
  const plan = planOf(trace, 'hints');
  const hinted = timedCompile(plan);
  const { criticalPathSeconds } = hinted.compiled;
  // A trace of tasks that took no time at all takes no time, however nested.
  const ratio = (seconds: number) => (criticalPathSeconds === 0 ? 1 : seconds / criticalPathSeconds);
  return {
    name: trace.name,
    family: trace.family,
    tasks: plan.taskCount,
    waves: ratio(waveByWaveSeconds(plan)),
    noHints: ratio(makespanSeconds(plan.tasks, blind.compiled.structure)),
    hints: ratio(hinted.compiled.makespanSeconds),
    statesPerTask: hinted.compiled.statesEntered / plan.taskCount,
    compileMsNoHints: blind.milliseconds,
    compileMsHints: hinted.milliseconds,
  };
}

function timedCompile(plan: Plan): { readonly compiled: CompiledPipeline; readonly milliseconds: number } {
  const compiled = compile(plan, { limits: 'report' });
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    compile(plan, { limits: 'report' });
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return { compiled, milliseconds: times[Math.floor(RUNS / 2)] ?? 0 };
}

function waveByWaveSeconds(plan: Plan): number {
  const secondsOf = (task: string) => plan.task(task)?.expectedSeconds ?? 0;
  return plan.waves().reduce((sum, wave) => sum + wave.map(secondsOf).reduce((a, b) => Math.max(a, b), 0), 0);
}
