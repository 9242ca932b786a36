/** What a run reports: the answer of its cleanup, or where the cleanup could not run, what went wrong before it. */

import { RESERVED_PREFIX, RUN_ERRORS } from '../../contract/error-names.ts';
import { STATES } from '../../contract/states.ts';
import type { Plan } from '../../graph/plan.ts';
import { every, present, type State, some } from '../asl.ts';

/** @param taskErrors where the errors of the tasks would be, in the state data */
export function verdictStates(plan: Plan, taskErrors: readonly string[]): Record<string, State> {
  const fail = (error: Record<string, string>, cause: string): State => ({
    Type: 'Pass',
    Parameters: { ...error, 'cause.$': cause },
    Next: STATES.failed,
  });
  // Hooks of groups leave their errors beside those of tasks, and a value can be called as an error is.
  const onlyTasks =
    plan.hooks.every(({ owner }) => owner.kind !== 'group') && plan.tasks.every(({ outputs }) => !('Error' in outputs));
  return {
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
        {
          ...every([present('$.Error'), { Variable: '$.Error', StringMatches: `${RESERVED_PREFIX}*` }]),
          Next: STATES.errorAndCleanupFailed,
        },
        { ...present('$.Error'), Next: STATES.runAndCleanupFailed },
        { ...present('$.out'), Next: STATES.notesAsText },
      ],
      Default: STATES.onlyCleanupFailed,
    },
    // Asking for the mark of every task would be a tenth of a large definition. An error that is quoted inside of a text
    // has a backslash before its quotes.
    [STATES.notesAsText]: {
      Type: 'Pass',
      Parameters: {
        'notes.$': 'States.JsonToString($.out)',
        'cause.$': 'States.JsonToString($)',
        'cleanup.$': '$.cleanup',
        ...(!onlyTasks && { 'out.$': '$.out' }),
      },
      Next: STATES.anyTaskFailed,
    },
    [STATES.anyTaskFailed]: {
      Type: 'Choice',
      Choices: [
        {
          ...some(
            onlyTasks
              ? ['*"Error":*', '*"Error" :*'].map((StringMatches) => ({ Variable: '$.notes', StringMatches }))
              : taskErrors.map(present),
          ),
          Next: STATES.taskAndCleanupFailed,
        },
      ],
      Default: STATES.onlyCleanupFailed,
    },
    [STATES.runAndCleanupFailed]: fail({ 'error.$': '$.Error' }, 'States.JsonToString($)'),
    [STATES.errorAndCleanupFailed]: fail({ error: RUN_ERRORS.run }, 'States.JsonToString($)'),
    [STATES.taskAndCleanupFailed]: fail({ error: RUN_ERRORS.task }, '$.cause'),
    [STATES.onlyCleanupFailed]: fail({ error: RUN_ERRORS.cleanup }, 'States.JsonToString($.cleanup)'),
    [STATES.succeeded]: { Type: 'Succeed', OutputPath: '$.result' },
    [STATES.failed]: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' },
  };
}
