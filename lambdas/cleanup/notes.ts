/** The marks that the machine lost, written again from a run's result, for the hooks that are told of them. */

import type { NotesAnswer } from '../../state-machines/contract/cleanup-events.ts';
import type { CaughtError, TaskOut } from '../../state-machines/contract/marks.ts';
import { cutText, PAYLOAD_LIMIT, type RunResult, type TaskResult } from '../../state-machines/contract/result.ts';

/** They travel through the state data once more, which may be what was lost because it had grown too large. */
const NOTES_LIMIT = PAYLOAD_LIMIT / 2;

/** Long messages are cut where there is no room for them; then only those that failed are left, as many as fit. */
export function notesOf({ tasks, hooks = {} }: RunResult, end: Partial<CaughtError>): NotesAnswer {
  // A hook that did not run has left no mark, and may still run.
  const begun = Object.entries(hooks).filter(([, { status }]) => status !== 'OMITTED');
  const results = [...Object.entries(tasks), ...begun];
  const { Error: error, Cause = '' } = end;
  const ended = error === undefined ? {} : { Error: error, Cause };
  for (const length of [1_000, 200, 50]) {
    const marks = marksFor(results, length);
    if (fitting(marks).length === marks.length) return { out: Object.fromEntries(marks), ...ended };
  }
  const failed = results.filter(([, { status }]) => status === 'FAILED');
  return { out: Object.fromEntries(fitting(marksFor(failed, 50))), ...ended };
}

type Marks = readonly (readonly [name: string, mark: TaskOut])[];

function marksFor(results: readonly (readonly [name: string, result: TaskResult])[], length: number): Marks {
  return results.flatMap(([name, result]) => {
    const mark = markOf(result, length);
    return mark ? [[name, mark] as const] : [];
  });
}

/** The first of them, as far as there is room. */
function fitting(marks: Marks): Marks {
  let bytes = 0;
  const end = marks.findIndex(([name, mark]) => {
    bytes += Buffer.byteLength(JSON.stringify({ [name]: mark }));
    return bytes > NOTES_LIMIT;
  });
  return end < 0 ? marks : marks.slice(0, end);
}

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
