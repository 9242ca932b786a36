/**
 * The machine of what an execution did not come to: its hooks and its cleanup, the tasks after it, and a last sweep behind
 * functions that outlived it. It is started with how the execution ended (`FinalizerInput`), under the execution's name.
 *
 * It succeeds where nothing of the run is left that is not kept. It has no timeout: each state in it has one of its own,
 * and what ended it early would leave something behind.
 */

import { RUN_ERRORS } from '../../contract/error-names.ts';
import type { FinalizerTodo } from '../../contract/finalizer.ts';
import { STATES } from '../../contract/states.ts';
import type { Plan } from '../../graph/plan.ts';
import { type Branch, type Condition, catchAnything, type Definition, present, type State } from '../asl.ts';
import { MachineParts } from './parts.ts';
import {
  CLEANUP_FUNCTION,
  entryAfterError,
  hookPhases,
  type KnownToCleanup,
  type RunEnd,
  runEndStates,
} from './run-end.ts';
import { TIMEOUT_MARGIN_SECONDS } from './task-state.ts';

/** The ended execution's name and input: they are in the finalizer's own input. */
const RUN = { 'run.$': '$$.Execution.Input.execution', 'input.$': '$$.Execution.Input.input' };

/**
 * @param placeholders which one stands for the function of a task or a hook
 * @param known what the cleanup is told of the graph
 * @param cleanupParameters what it is sent besides in every machine
 */
export function finalizerOf(
  plan: Plan,
  placeholders: Readonly<Record<string, string>>,
  known: KnownToCleanup,
  cleanupParameters: Readonly<Record<string, unknown>>,
): Definition {
  const parts = new MachineParts(plan, placeholders);
  const phases = hookPhases(parts, { run: RUN });
  const after = parts.phase('after-execution', { run: RUN })?.branch;
  const afterCleanup = after ? STATES.afterExecution : STATES.lateWriters;
  const end: RunEnd = {
    known,
    ...phases,
    execution: { ...RUN, 'startedAt.$': '$$.Execution.Input.startedAt' },
    cleanup: {
      parameters: { ...cleanupParameters, 'status.$': '$$.Execution.Input.status' },
      Next: STATES.cleanedUp,
      // The last sweep tries once more.
      onFailure: afterCleanup,
    },
  };
  return {
    Comment: `${plan.pipeline}: what ended executions leave to do, compiled by Ebbtide`,
    StartAt: STATES.whatIsLeft,
    States: {
      [STATES.whatIsLeft]: {
        Type: 'Choice',
        Choices: [
          { ...toDo('$.todo', 'cleanup'), Next: STATES.cleanup },
          { ...toDo('$.todo', 'sweep'), Next: afterCleanup },
          { ...toDo('$.todo', 'after-execution'), Next: after ? STATES.afterExecution : STATES.over },
        ],
        Default: entryAfterError(phases),
        // As a machine has it that was ended by this error: the hooks and the cleanup are the same in both.
        OutputPath: '$.end',
      },
      ...runEndStates(end),
      [STATES.cleanedUp]: {
        Type: 'Choice',
        Choices: [{ Variable: '$.done', BooleanEquals: false, Next: STATES.cleanup }],
        Default: afterCleanup,
      },
      ...(after && afterExecutionStates(after)),
      ...sweepStates(plan),
    },
  };
}

function toDo(Variable: string, todo: FinalizerTodo): Condition {
  return { Variable, StringEquals: todo };
}

/** Nothing that goes wrong in these tasks is anybody else's. */
function afterExecutionStates(branch: Branch): Record<string, State> {
  return {
    [STATES.afterExecution]: {
      Type: 'Parallel',
      Parameters: { out: {}, up: { 'execution.$': '$$.Execution.Input.detail', 'ended.$': '$' } },
      Branches: [branch],
      ResultPath: null,
      Catch: catchAnything({ ResultPath: null, Next: STATES.goesOn }),
      Next: STATES.goesOn,
    },
    // An execution that succeeded has waited for all its functions.
    [STATES.goesOn]: {
      Type: 'Choice',
      Choices: [{ ...toDo('$$.Execution.Input.todo', 'after-execution'), Next: STATES.over }],
      Default: STATES.lateWriters,
    },
  };
}

function sweepStates(plan: Plan): Record<string, State> {
  return {
    [STATES.lateWriters]: { Type: 'Wait', Seconds: longestWriterSeconds(plan), Next: STATES.sweep },
    [STATES.sweep]: {
      ...CLEANUP_FUNCTION,
      Parameters: { ...RUN, sweep: true },
      ResultPath: '$.swept',
      Catch: catchAnything({ ResultPath: '$.swept', Next: STATES.sweepFailed }),
      Next: STATES.swept,
    },
    [STATES.swept]: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.swept.done', BooleanEquals: false, Next: STATES.sweep },
        { ...present('$.swept.error'), Next: STATES.failed },
        { ...present('$.result'), Next: STATES.succeeded },
      ],
      Default: STATES.over,
    },
    [STATES.succeeded]: { Type: 'Succeed', OutputPath: '$.result' },
    [STATES.over]: { Type: 'Succeed' },
    [STATES.failed]: { Type: 'Fail', ErrorPath: '$.swept.error', CausePath: '$.swept.cause' },
    [STATES.sweepFailed]: { Type: 'Fail', Error: RUN_ERRORS.cleanup, CausePath: 'States.JsonToString($.swept)' },
  };
}

/**
 * A function that was invoked just before its execution ended writes until its own timeout, which does not count its
 * cold start. After-execution tasks write nothing.
 */
function longestWriterSeconds({ tasks, hooksBeforeCleanup }: Plan): number {
  const writers = [...tasks, ...hooksBeforeCleanup];
  return Math.max(...writers.map(({ timeoutSeconds }) => timeoutSeconds)) + TIMEOUT_MARGIN_SECONDS;
}
