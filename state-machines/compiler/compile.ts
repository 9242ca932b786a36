import { RUN_ERRORS, type TaskRetries } from '../contract/events.ts';
import { STATES } from '../contract/states.ts';
import type { Plan, PlannedTask } from '../graph/plan.ts';
import { any, type Definition, type State } from './asl.ts';
import { compileBranch, StateNames } from './branch.ts';
import { criticalPathSeconds, makespanSeconds } from './estimate.ts';
import { orderOf } from './relation.ts';
import { type Structure, structureOf } from './structure.ts';
import { RETRY_TRANSIENT, TIMEOUT_MARGIN_SECONDS } from './task-state.ts';

export interface CompileOptions {
  /** How long a run may take. @default as long as Step Functions lets it, a year */
  readonly timeoutSeconds?: number;
}

export interface CompiledPipeline {
  /** The state machine, with a `${placeholder}` for the ARN of each function. */
  readonly definition: Definition;
  /** Which placeholder stands for which task's function. */
  readonly functions: Readonly<Record<string, string>>;
  /** How the graph was nested. */
  readonly structure: Structure;
  /** States entered by a run in which every task succeeds at once. */
  readonly statesEntered: number;
  /** The definition's size as compact JSON, in UTF-8 bytes; Step Functions takes 1,048,576. */
  readonly definitionBytes: number;
  /** The longest path through the graph, by the tasks' `expectedSeconds`. */
  readonly criticalPathSeconds: number;
  /** How long the nested machine takes, by the same hints. */
  readonly makespanSeconds: number;
}

/** The cleanup function's placeholder, and how long it may run. */
export const CLEANUP_PLACEHOLDER = 'Cleanup';
export const CLEANUP_TIMEOUT_SECONDS = 900;

/**
 * Turns a plan into the Amazon States Language.
 *
 * `Run` holds the tasks. A task's failure is caught at the task: it skips what lies downstream of it and nothing else.
 * What cannot be caught there ends `Run` and is caught by it. Either way `Cleanup` follows, again and again until the
 * run's prefix is empty, and then the verdict.
 */
export function compile(plan: Plan, options: CompileOptions = {}): CompiledPipeline {
  const functions = placeholdersOf(plan);
  const structure = structureOf(plan.tasks);
  const tasks = compileBranch(structure, new Set(), unknownMark, {
    order: orderOf(plan.tasks),
    names: new StateNames([...plan.tasks.map((task) => task.name), ...Object.values(STATES)]),
    taskOf: (task) => plan.task(task) as PlannedTask,
    placeholderOf: (task) => functions[task] ?? '',
  });
  const taskErrors = [...tasks.marks.values()].map((mark) => `$.out${mark}.Error`);
  const definition: Definition = {
    Comment: `${plan.pipeline}: ${plan.taskCount} tasks, compiled by Ebbtide`,
    StartAt: STATES.run,
    ...(options.timeoutSeconds !== undefined && { TimeoutSeconds: options.timeoutSeconds }),
    States: {
      [STATES.run]: {
        Type: 'Parallel',
        Parameters: { out: {} },
        Branches: [tasks.branch],
        ResultSelector: { 'out.$': '$[0]' },
        // States.ALL does not match States.DataLimitExceeded.
        Catch: [
          { ErrorEquals: ['States.DataLimitExceeded'], Next: STATES.cleanup },
          { ErrorEquals: ['States.ALL'], Next: STATES.cleanup },
        ],
        Next: STATES.cleanup,
      },
      ...finalization(
        plan.tasks.map(({ name, retries }) => ({ name, retries })),
        taskErrors,
      ),
    },
  };
  const afterRun = [STATES.cleanup, STATES.verdict, STATES.succeeded];
  return {
    definition,
    functions,
    structure,
    statesEntered: 1 + tasks.statesEntered + afterRun.length,
    definitionBytes: new TextEncoder().encode(JSON.stringify(definition)).length,
    criticalPathSeconds: criticalPathSeconds(plan.tasks),
    makespanSeconds: makespanSeconds(plan.tasks, structure),
  };
}

/** @param taskErrors where the error of each task would be, in the state data behind `Run` */
function finalization(tasks: readonly TaskRetries[], taskErrors: readonly string[]): Record<string, State> {
  const fail = (error: Record<string, string>, cause: string): State => ({
    Type: 'Pass',
    Parameters: { ...error, 'cause.$': cause },
    Next: STATES.failed,
  });
  const event = { 'run.$': '$$.Execution.Name', 'startedAt.$': '$$.Execution.StartTime', tasks };
  const cleanup = {
    Type: 'Task',
    Resource: `\${${CLEANUP_PLACEHOLDER}}`,
    TimeoutSeconds: CLEANUP_TIMEOUT_SECONDS + TIMEOUT_MARGIN_SECONDS,
    Retry: [
      RETRY_TRANSIENT,
      { ErrorEquals: ['States.ALL'], MaxAttempts: 3, IntervalSeconds: 2, BackoffRate: 3, JitterStrategy: 'FULL' },
    ],
    Next: STATES.verdict,
  } as const;
  return {
    [STATES.cleanup]: {
      ...cleanup,
      Parameters: { ...event, 'input.$': '$$.Execution.Input', 'state.$': '$' },
      Catch: [
        // The input, the notes and the list of tasks can be too much together; States.ALL does not match that.
        { ErrorEquals: ['States.DataLimitExceeded'], Next: STATES.cleanupFromRecords },
        { ErrorEquals: ['States.ALL'], ResultPath: '$.cleanup', Next: STATES.cleanupFailed },
      ],
    },
    // Without input and notes: how the tasks ended is read from their records.
    [STATES.cleanupFromRecords]: {
      ...cleanup,
      Parameters: {
        ...event,
        input: {},
        state: { Error: 'States.DataLimitExceeded', Cause: 'the state data grew too large' },
      },
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.cleanup', Next: STATES.cleanupFailed }],
    },
    [STATES.verdict]: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.done', BooleanEquals: false, Next: STATES.cleanup },
        { Variable: '$.error', IsPresent: true, Next: STATES.failed },
      ],
      Default: STATES.succeeded,
    },
    // The cleanup function itself could not run. What went wrong before it is still what the run reports.
    [STATES.cleanupFailed]: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.Error', IsPresent: true, Next: 'Run and cleanup failed' },
        { ...any(taskErrors.map((Variable) => ({ Variable, IsPresent: true }))), Next: 'Task and cleanup failed' },
      ],
      Default: 'Only cleanup failed',
    },
    'Run and cleanup failed': fail({ 'error.$': '$.Error' }, 'States.JsonToString($)'),
    'Task and cleanup failed': fail({ error: RUN_ERRORS.task }, 'States.JsonToString($)'),
    'Only cleanup failed': fail({ error: RUN_ERRORS.cleanup }, 'States.JsonToString($.cleanup)'),
    [STATES.succeeded]: { Type: 'Succeed', OutputPath: '$.result' },
    [STATES.failed]: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' },
  };
}

/** `merge-load` → `merge_load`: CloudFormation's placeholders have no hyphens. A number keeps two of them apart. */
function placeholdersOf(plan: Plan): Record<string, string> {
  const taken = new Set<string>([CLEANUP_PLACEHOLDER]);
  const functions: Record<string, string> = {};
  for (const { name } of plan.tasks) {
    const wanted = name.replaceAll('-', '_');
    let placeholder = wanted;
    for (let count = 2; taken.has(placeholder); count++) placeholder = `${wanted}_${count}`;
    taken.add(placeholder);
    functions[name] = placeholder;
  }
  return functions;
}

function unknownMark(task: string): never {
  throw new Error(`the task "${task}" is guarded before it can have run`);
}
