/**
 * The states behind a run, whichever machine they are in: what the records tell where the machine has lost its notes,
 * the graph's errors and finally hooks, and the cleanup.
 */

import { retriesByName } from '../../contract/cleanup-events.ts';
import { STATES } from '../../contract/states.ts';
import type { Plan } from '../../graph/plan.ts';
import { shapeOf } from '../../graph/shape-of.ts';
import { catchAnything, type State } from '../asl.ts';
import { CLEANUP_PLACEHOLDER } from '../placeholders.ts';
import type { CompiledBranch } from './branch.ts';
import type { MachineParts, PartContext } from './parts.ts';
import { RETRY_OUR_WORK, RETRY_TRANSIENT_LONG, RUN_PARAMETERS, TIMEOUT_MARGIN_SECONDS } from './task-state.ts';

/** How long the cleanup function may run. */
export const CLEANUP_TIMEOUT_SECONDS = 900;

/** The hooks of each phase, and those of tasks and groups that could not run inside the run. */
export interface HookPhases {
  readonly errors: CompiledBranch | undefined;
  readonly finally: CompiledBranch | undefined;
}

export interface RunEnd extends HookPhases {
  readonly known: KnownToCleanup;
  /** Where the context has the name, the input and the start of the execution whose end this is. */
  readonly execution: Readonly<Record<string, string>>;
  readonly cleanup: {
    /** What is sent to it besides. */
    readonly parameters: Readonly<Record<string, unknown>>;
    /** The state that looks at its answer. */
    readonly Next: string;
    /** The state behind it where its function could not run. The error is in `$.cleanup`. */
    readonly onFailure: string;
  };
}

export const OWN_EXECUTION = { ...RUN_PARAMETERS, 'startedAt.$': '$$.Execution.StartTime' };

export function hookPhases(parts: MachineParts, context: PartContext = {}): HookPhases {
  return {
    errors: parts.phase('errors', { ...context, runEnd: '$.up' }),
    finally: parts.phase('finally', { ...context, runEnd: '$.up' }),
  };
}

/** The first state behind a run that was ended by an error. */
export function entryAfterError({ errors, finally: always }: HookPhases): string {
  return errors || always ? STATES.notes : STATES.cleanup;
}

/** The first state behind the errors hooks. */
export function entryAfterErrors({ finally: always }: HookPhases): string {
  return always ? STATES.finally : STATES.cleanup;
}

export function runEndStates(end: RunEnd): Record<string, State> {
  const { errors, finally: always } = end;
  const afterErrors = entryAfterErrors(end);
  return {
    ...((errors || always) && { [STATES.notes]: notesState(end, errors ? STATES.errors : afterErrors) }),
    ...(errors && { [STATES.errors]: phaseState(errors, '$.errors', afterErrors) }),
    ...(always && { [STATES.finally]: phaseState(always, '$.finally', STATES.cleanup) }),
    ...cleanupStates(end),
  };
}

/** What a hook leaves is caught at the hook; what cannot be caught there must not keep the run from its cleanup. */
function phaseState({ branch }: CompiledBranch, ResultPath: string, Next: string): State {
  return {
    Type: 'Parallel',
    Parameters: { out: {}, 'up.$': '$' },
    Branches: [branch],
    ResultPath,
    Catch: catchAnything({ ResultPath: `${ResultPath}Lost`, Next }),
    Next,
  };
}

export const CLEANUP_FUNCTION = {
  Type: 'Task',
  Resource: `\${${CLEANUP_PLACEHOLDER}}`,
  TimeoutSeconds: CLEANUP_TIMEOUT_SECONDS + TIMEOUT_MARGIN_SECONDS,
  Retry: [RETRY_TRANSIENT_LONG, RETRY_OUR_WORK],
} as const;

/** What an error that ended the run at once has left of its notes are the tasks' records. The answer repeats the error. */
function notesState({ known, execution }: RunEnd, Next: string): State {
  return {
    ...CLEANUP_FUNCTION,
    Parameters: { ...execution, ...known, 'state.$': '$', notesOnly: true },
    Catch: catchAnything({ ResultPath: '$.notesLost', Next }),
    Next,
  };
}

function cleanupStates({ known, execution, cleanup }: RunEnd): Record<string, State> {
  const { parameters, Next, onFailure } = cleanup;
  const event = { ...execution, ...known, ...parameters };
  return {
    [STATES.cleanup]: {
      ...CLEANUP_FUNCTION,
      Parameters: { ...event, 'state.$': '$' },
      Catch: [
        // The input, the notes and the list of tasks can be too much together; States.ALL does not match that.
        { ErrorEquals: ['States.DataLimitExceeded'], Next: STATES.cleanupFromRecords },
        { ErrorEquals: ['States.ALL'], ResultPath: '$.cleanup', Next: onFailure },
      ],
      Next,
    },
    // Without the notes: how the tasks ended is read from their records.
    [STATES.cleanupFromRecords]: {
      ...CLEANUP_FUNCTION,
      Parameters: {
        ...event,
        state: { Error: 'States.DataLimitExceeded', Cause: 'the state data grew too large' },
      },
      Catch: catchAnything({ ResultPath: '$.cleanup', Next: onFailure }),
      Next,
    },
  };
}

/** What the cleanup has to know of the graph, as it is sent. */
export function knownToCleanup(plan: Plan): KnownToCleanup {
  const { tasks, hooksBeforeCleanup: hooks } = plan;
  return {
    shape: shapeOf(plan),
    tasks: retriesByName(tasks),
    ...(hooks.length > 0 && { hooks: retriesByName(hooks) }),
  };
}

export interface KnownToCleanup {
  readonly shape: string;
  /** The retries of each. */
  readonly tasks: Readonly<Record<string, number>>;
  readonly hooks?: Readonly<Record<string, number>>;
}
