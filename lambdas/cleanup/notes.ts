/** The marks that the machine lost, written again from a run's result, for the hooks that are told of them. */

import type { CaughtError, NotesAnswer, TaskOut } from '../../state-machines/contract/events.ts';
import { cutText, PAYLOAD_LIMIT, type RunResult, type TaskResult } from '../../state-machines/contract/result.ts';

/** They travel through the state data once more, which may be what was lost because it had grown too large. */
const NOTES_LIMIT = PAYLOAD_LIMIT / 2;

/** Long messages are cut where there is no room for them; then those that succeeded are left out, at last all. */
export function notesOf({ tasks, hooks = {} }: RunResult, end: Partial<CaughtError>): NotesAnswer {
  // A hook that did not run has left no mark, and may still run.
  const begun = Object.entries(hooks).filter(([, { status }]) => status !== 'OMITTED');
  const results = [...Object.entries(tasks), ...begun];
  const { Error: error, Cause = '' } = end;
  const ended = error === undefined ? {} : { Error: error, Cause };
  for (const { length, statuses } of SHORTER) {
    const marks = results.flatMap(([name, result]) => {
      const mark = statuses.includes(result.status) && markOf(result, length);
      return mark ? [[name, mark] as const] : [];
    });
    const answer: NotesAnswer = { out: Object.fromEntries(marks), ...ended };
    if (Buffer.byteLength(JSON.stringify(answer.out)) <= NOTES_LIMIT) return answer;
  }
  return { out: {}, ...ended };
}

const SHORTER: readonly { readonly length: number; readonly statuses: readonly TaskResult['status'][] }[] = [
  { length: 1_000, statuses: ['SUCCEEDED', 'FAILED', 'OMITTED'] },
  { length: 200, statuses: ['SUCCEEDED', 'FAILED', 'OMITTED'] },
  { length: 50, statuses: ['SUCCEEDED', 'FAILED', 'OMITTED'] },
  { length: 50, statuses: ['FAILED'] },
];

function markOf({ status, error }: TaskResult, length: number): TaskOut | undefined {
  switch (status) {
    case 'SUCCEEDED':
    case 'OMITTED':
      return { status };
    case 'FAILED':
      return {
        Error: error?.name ?? '',
        Cause: JSON.stringify({ errorMessage: cutText(error?.message ?? '', length) }),
      };
    case 'SKIPPED':
      return undefined;
    default:
      return status satisfies never;
  }
}
