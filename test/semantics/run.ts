/** Runs a compiled pipeline on the real interpreter, with functions that note what happens. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ExecutionEnd, type Invocation, interpret } from '../../local/interpreter.ts';
import { type CleanupEvent, parseCleanupEvent, type SweepEvent } from '../../state-machines/contract/cleanup-events.ts';
import { RUN_ERRORS, reportable } from '../../state-machines/contract/error-names.ts';
import { type CaughtError, marksOf, type RunEnd, type TaskOut } from '../../state-machines/contract/marks.ts';
import type { HookState } from '../../state-machines/contract/task-events.ts';
import { valueAt, valueName } from '../../state-machines/contract/values.ts';
import { type CompiledPipeline, compile, type Plan } from '../../state-machines/index.ts';
import type { Behaviour } from './spec.ts';

/** What a run did, seen from its functions. */
export interface Trace {
  /** `start a`, `end a`, `notes`, `cleanup`, `sweep`, as they happened. */
  readonly steps: readonly string[];
  /** The state data that each hook was sent. */
  readonly sent: Readonly<Record<string, HookState>>;
  /** What the records told in a run that was ended early. */
  readonly notes?: Readonly<Record<string, TaskOut>>;
  readonly cleanups: readonly CleanupEvent[];
  readonly end: ExecutionEnd;
}

export const RUN = 'run-1';
/** The machine cannot take an answer that is too large, and no task's Catch matches that. */
export const BREAKING_ERROR = 'States.DataLimitExceeded';

/** @param left what the records tell before it begins */
export async function execute(
  plan: Plan,
  behaviour: Behaviour = {},
  { definition, functions }: Pick<CompiledPipeline, 'definition' | 'functions'> = compile(plan),
  left: Readonly<Record<string, TaskOut>> = {},
): Promise<Trace> {
  const steps: string[] = [];
  const sent: Record<string, HookState> = {};
  const records: Record<string, TaskOut> = { ...left };
  const cleanups: CleanupEvent[] = [];
  let notes: Trace['notes'];

  const work = async (name: string, { state }: { readonly state?: HookState }) => {
    if (state) sent[name] = structuredClone(state);
    steps.push(`start ${name}`);
    for (let turn = behaviour.turns?.[name] ?? 0; turn > 0; turn--) await nextTurn();
    steps.push(`end ${name}`);
    if (behaviour.failing?.has(name)) {
      records[name] = failureIn(name);
      throw errorFrom(records[name]);
    }
    const values = valuesIn(plan, name, behaviour);
    records[name] = { status: 'SUCCEEDED', ...(values && { values }) };
    if (behaviour.breaking?.has(name)) throw errorFrom(BROKEN);
    return { status: 'SUCCEEDED', attempt: 1, retriesUsed: 0, durationMs: 0, bytesIn: 0, bytesOut: 0, values };
  };

  const sweeps = [...(behaviour.sweeps ?? [])];
  const sweep = () => {
    steps.push('sweep');
    const next = sweeps.shift();
    if (next === 'broken') throw errorFrom(BROKEN_CLEANUP);
    if (next === 'unfinished') return { done: false };
    return next === 'refused' ? { done: true, ...REFUSED_SWEEP } : { done: true, objects: 0, bytes: 0 };
  };

  const cleanup = (event: CleanupEvent | SweepEvent) => {
    if ('sweep' in event) return sweep();
    if (event.notesOnly) {
      steps.push('notes');
      notes = structuredClone(records);
      const { Error: name, Cause } = event.state as CaughtError;
      return { out: notes, Error: name, Cause };
    }
    steps.push('cleanup');
    cleanups.push(structuredClone(event));
    // The finalizer's execution does not fail because the one has that it is for.
    const error = event.status === undefined ? verdictOn(event) : undefined;
    switch (behaviour.cleanups?.[cleanups.length - 1]) {
      case 'broken':
        throw errorFrom(BROKEN_CLEANUP);
      case 'refused':
        return { done: true, ...REFUSED_SWEEP };
      case 'unfinished':
        return { done: false, result: {}, ...(error !== undefined && { Error: error }) };
      default:
        return error === undefined
          ? { done: true, result: { all: 'well' } }
          : { done: true, error: reportable(error), cause: 'the cause' };
    }
  };

  const names = new Map(Object.entries(functions).map(([name, placeholder]) => [`\${${placeholder}}`, name]));
  const invoke = async ({ resource, payload }: Invocation) => {
    const name = names.get(resource);
    return name === undefined ? cleanup(parseCleanupEvent(payload)) : work(name, payload as { state?: HookState });
  };
  const { input = {} } = behaviour;
  const end = await interpret(definition, { name: RUN, input, invoke, waits: 'none' });
  // What was in flight when the run was ended goes on, as a function does.
  for (let turn = 0; turn <= Math.max(0, ...Object.values(behaviour.turns ?? {})); turn++) await nextTurn();
  return { steps, sent, ...(notes && { notes }), cleanups, end };
}

/** What a cleanup answers that could not delete everything. */
export const REFUSED_SWEEP = { error: 'CleanupFailed', cause: '2 objects are left' };
export const BROKEN_CLEANUP = {
  Error: 'Broken',
  Cause: JSON.stringify({ errorType: 'Broken', errorMessage: 'no S3 today', trace: [] }),
};
const BROKEN = { Error: BREAKING_ERROR, Cause: 'the answer was too large' };

/** As a function's error arrives. */
export function failureIn(name: string): { readonly Error: string; readonly Cause: string } {
  return {
    Error: 'Boom',
    Cause: JSON.stringify({ errorType: 'Boom', errorMessage: `"${name}" went wrong`, trace: [] }),
  };
}

function errorFrom({ Error: name, Cause }: { readonly Error: string; readonly Cause?: string }): Error {
  return Object.assign(new Error(Cause), { name });
}

/** What conditions look at, where they look at a task's data at all. */
function valuesIn(plan: Plan, task: string, { data = {} }: Behaviour) {
  const reported = plan.task(task)?.outputs['data']?.reported;
  const values = reported?.map((path) => [valueName('data', path), valueAt(data[task], path)]);
  return values && Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The error that the cleanup function makes a run report, by what it was told: at first marks, then what it said itself. */
function verdictOn({ tasks, hooks = [], state }: CleanupEvent): string | undefined {
  if (state.Error !== undefined || 'done' in state) return state.Error;
  const end: RunEnd = state;
  const marks = allMarks(end);
  const failed = (name: string) => 'Error' in (marks[name] ?? {});
  if (tasks.some(({ name }) => failed(name))) return RUN_ERRORS.task;
  return hooks.some(({ name }) => failed(name)) ? RUN_ERRORS.finally : undefined;
}

/** The marks of the tasks and hooks, as they were told to cleanup. */
export function allMarks({ errors = [], finally: always = [], ...end }: RunEnd): Record<string, TaskOut> {
  const parts = [...('out' in end ? [end.out] : []), ...errors, ...always];
  return Object.fromEntries(parts.flatMap((part) => [...marksOf(part)]));
}

/** The tasks and hooks that started, one for each start. */
export function startedIn({ steps }: Trace): string[] {
  return steps.filter((step) => step.startsWith('start ')).map((step) => step.slice('start '.length));
}
