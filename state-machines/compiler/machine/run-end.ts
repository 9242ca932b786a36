/**
 * The states behind `Run`: what the records tell where the machine has lost its notes, the graph's errors and finally
 * hooks, the cleanup, the verdict. A machine that starts at the first of them finalizes a run that ended without them.
 */

import { RUN_ERRORS, retriesByName } from '../../contract/events.ts';
import { STATES } from '../../contract/states.ts';
import type { Plan } from '../../graph/plan.ts';
import { shapeOf } from '../../graph/shape-of.ts';
import { type Branch, catchAnything, present, type State, some } from '../asl.ts';
import { CLEANUP_PLACEHOLDER } from '../placeholders.ts';
import { RETRY_OUR_WORK, RETRY_TRANSIENT, TIMEOUT_MARGIN_SECONDS } from './task-state.ts';

/** How long the cleanup function may run. */
export const CLEANUP_TIMEOUT_SECONDS = 900;

export interface RunEnd {
  readonly plan: Plan;
  /** Where the errors of the tasks would be, in the state data behind `Run`. */
  readonly taskErrors: readonly string[];
  /** The hooks of each phase, and those of groups that could not run inside the run. */
  readonly errors?: Branch;
  readonly finally?: Branch;
}

/** The first state behind a run that was ended by an error, and behind one that was not. */
export function entriesOf({ errors, finally: always }: RunEnd): {
  readonly afterError: string;
  readonly afterEnd: string;
} {
  if (errors) return { afterError: STATES.notes, afterEnd: STATES.anyFailure };
  if (always) return { afterError: STATES.notes, afterEnd: STATES.finally };
  return { afterError: STATES.cleanup, afterEnd: STATES.cleanup };
}

export function runEndStates(end: RunEnd): Record<string, State> {
  const { errors, finally: always } = end;
  const afterErrors = always ? STATES.finally : STATES.cleanup;
  return {
    ...((errors || always) && { [STATES.notes]: notesState(end.plan, errors ? STATES.errors : afterErrors) }),
    ...(errors && {
      [STATES.anyFailure]: {
        Type: 'Choice',
        Choices: [
          {
            ...some(['$.Error', ...end.taskErrors].map(present)),
            Next: STATES.errors,
          },
        ],
        Default: afterErrors,
      },
      [STATES.errors]: phaseState(errors, '$.errors', afterErrors),
    }),
    ...(always && { [STATES.finally]: phaseState(always, '$.finally', STATES.cleanup) }),
    ...cleanupStates(end),
  };
}

/** What a hook leaves is caught at the hook; what cannot be caught there must not keep the run from its cleanup. */
function phaseState(branch: Branch, ResultPath: string, Next: string): State {
  return {
    Type: 'Parallel',
    Parameters: { out: {}, 'up.$': '$' },
    Branches: [branch],
    ResultPath,
    Catch: catchAnything({ ResultPath: `${ResultPath}Lost`, Next }),
    Next,
  };
}

const EVENT = { 'run.$': '$$.Execution.Name', 'startedAt.$': '$$.Execution.StartTime' };

const CLEANUP_FUNCTION = {
  Type: 'Task',
  Resource: `\${${CLEANUP_PLACEHOLDER}}`,
  TimeoutSeconds: CLEANUP_TIMEOUT_SECONDS + TIMEOUT_MARGIN_SECONDS,
  Retry: [RETRY_TRANSIENT, RETRY_OUR_WORK],
} as const;

/** What an error that ended the run at once has left of its notes are the tasks' records. The answer repeats the error. */
function notesState(plan: Plan, Next: string): State {
  return {
    ...CLEANUP_FUNCTION,
    Parameters: { ...EVENT, ...factsOf(plan), input: {}, 'state.$': '$', notesOnly: true },
    Catch: catchAnything({ ResultPath: '$.notesLost', Next }),
    Next,
  };
}

function factsOf(plan: Plan): Record<string, unknown> {
  const before = plan.hooks.filter(({ hook }) => hook !== 'after-execution');
  return {
    shape: shapeOf(plan),
    tasks: retriesByName(plan.tasks),
    ...(before.length > 0 && { hooks: retriesByName(before) }),
  };
}

function cleanupStates({ plan, taskErrors }: RunEnd): Record<string, State> {
  const fail = (error: Record<string, string>, cause: string): State => ({
    Type: 'Pass',
    Parameters: { ...error, 'cause.$': cause },
    Next: STATES.failed,
  });
  const event = { ...EVENT, ...factsOf(plan) };
  // Hooks of groups leave their errors beside those of tasks, and a value can be called as an error is.
  const onlyTasks =
    plan.hooks.every(({ owner }) => owner.kind !== 'group') && plan.tasks.every(({ outputs }) => !('Error' in outputs));
  return {
    [STATES.cleanup]: {
      ...CLEANUP_FUNCTION,
      Parameters: { ...event, 'input.$': '$$.Execution.Input', 'state.$': '$' },
      Catch: [
        // The input, the notes and the list of tasks can be too much together; States.ALL does not match that.
        { ErrorEquals: ['States.DataLimitExceeded'], Next: STATES.cleanupFromRecords },
        { ErrorEquals: ['States.ALL'], ResultPath: '$.cleanup', Next: STATES.cleanupFailed },
      ],
      Next: STATES.verdict,
    },
    // Without input and notes: how the tasks ended is read from their records.
    [STATES.cleanupFromRecords]: {
      ...CLEANUP_FUNCTION,
      Parameters: {
        ...event,
        input: {},
        state: { Error: 'States.DataLimitExceeded', Cause: 'the state data grew too large' },
      },
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.cleanup', Next: STATES.cleanupFailed }],
      Next: STATES.verdict,
    },
    [STATES.verdict]: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.done', BooleanEquals: false, Next: STATES.cleanup },
        { ...present('$.error'), Next: STATES.failed },
      ],
      Default: STATES.succeeded,
    },
    // The cleanup function itself could not run. What went wrong before it is still what the run reports.
    [STATES.cleanupFailed]: {
      Type: 'Choice',
      Choices: [
        { ...present('$.Error'), Next: 'Run and cleanup failed' },
        { ...present('$.out'), Next: 'Notes as text' },
      ],
      Default: 'Only cleanup failed',
    },
    // Asking for the mark of every task would be a tenth of a large definition. An error that is quoted inside of a text
    // has a backslash before its quotes.
    'Notes as text': {
      Type: 'Pass',
      Parameters: {
        'notes.$': 'States.JsonToString($.out)',
        'cause.$': 'States.JsonToString($)',
        'cleanup.$': '$.cleanup',
        ...(!onlyTasks && { 'out.$': '$.out' }),
      },
      Next: 'Task failed?',
    },
    'Task failed?': {
      Type: 'Choice',
      Choices: [
        {
          ...some(
            onlyTasks
              ? ['*"Error":*', '*"Error" :*'].map((StringMatches) => ({ Variable: '$.notes', StringMatches }))
              : taskErrors.map(present),
          ),
          Next: 'Task and cleanup failed',
        },
      ],
      Default: 'Only cleanup failed',
    },
    'Run and cleanup failed': fail({ 'error.$': '$.Error' }, 'States.JsonToString($)'),
    'Task and cleanup failed': fail({ error: RUN_ERRORS.task }, '$.cause'),
    'Only cleanup failed': fail({ error: RUN_ERRORS.cleanup }, 'States.JsonToString($.cleanup)'),
    [STATES.succeeded]: { Type: 'Succeed', OutputPath: '$.result' },
    [STATES.failed]: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' },
  };
}
