/** From a plan to a definition: nested (structure, nesting/), written as states (machine/), held to the limits. */

import { STATES } from '../contract/states.ts';
import { GraphError } from '../graph/errors.ts';
import type { Plan } from '../graph/plan.ts';
import { type Branch, catchAnything, type Definition } from './asl.ts';
import { criticalPathSeconds, makespanSeconds } from './estimate.ts';
import { type LimitUse, limitProblems, limitsOf } from './limits.ts';
import { MachineParts } from './machine/parts.ts';
import { entriesOf, type RunEnd, runEndStates } from './machine/run-end.ts';
import { placeholdersOf } from './placeholders.ts';
import type { Nest, Structure } from './structure.ts';

export interface CompileOptions {
  /** How long a run may take. @default as long as Step Functions lets it, a year */
  readonly timeoutSeconds?: number;
  /** `report` compiles a pipeline that is over a limit too. @default 'enforce' */
  readonly limits?: 'enforce' | 'report';
}

export interface CompiledPipeline {
  /** The state machine, with a `${placeholder}` for the ARN of each function. */
  readonly definition: Definition;
  /** The machine of the after-execution tasks, started with the event of the execution's end. */
  readonly afterExecution?: Definition;
  /** Which placeholder stands for the function of which task or hook. */
  readonly functions: Readonly<Record<string, string>>;
  /** How the graph was nested. */
  readonly structure: Structure;
  /** States entered by a run in which every task runs and succeeds at once; those of a task's chunks are not counted. */
  readonly statesEntered: number;
  /** The definition's size as compact JSON, in UTF-8 bytes; Step Functions takes 1,048,576. */
  readonly definitionBytes: number;
  /** How much of each limit of Step Functions it uses. */
  readonly limits: readonly LimitUse[];
  /** The longest path through the graph, by the tasks' `expectedSeconds`. */
  readonly criticalPathSeconds: number;
  /** How long the nested machine takes, by the same hints. */
  readonly makespanSeconds: number;
}

/**
 * Turns a plan into the Amazon States Language.
 *
 * `Run` holds the tasks. A task's failure is caught at the task: it skips what lies downstream of it and nothing else
 * (or, with `onTaskFailure: 'stop'`, ends `Run`). What cannot be caught there ends `Run` and is caught by it. Either way
 * the errors and finally hooks follow, then `Cleanup`, again and again until the run's prefix is empty, and the verdict.
 *
 * @throws GraphError with a problem for each limit of Step Functions that a run could pass
 */
export function compile(plan: Plan, options: CompileOptions = {}): CompiledPipeline {
  return compileNested(plan, undefined, options);
}

/** @param nest nests the tasks and the hooks of groups, in any way that keeps their order. @default as `compile` does */
export function compileNested(plan: Plan, nest: Nest | undefined, options: CompileOptions = {}): CompiledPipeline {
  const functions = placeholdersOf(plan);
  const parts = new MachineParts(plan, functions);
  const run = parts.run(nest);
  const errors = parts.phase('errors', { runEnd: '$.up' });
  const always = parts.phase('finally', { runEnd: '$.up' });
  const after = parts.phase('after-execution', { run: { 'run.$': '$.up.execution.name' } });
  const end: RunEnd = {
    plan,
    taskErrors: plan.tasks.map(({ name }) => `$.out${run.marks.get(name)}.Error`),
    ...(errors && { errors: errors.branch }),
    ...(always && { finally: always.branch }),
  };
  const { afterError, afterEnd } = entriesOf(end);
  const definition: Definition = {
    Comment: `${plan.pipeline}: ${plan.taskCount} tasks, compiled by Ebbtide`,
    StartAt: STATES.run,
    ...(options.timeoutSeconds !== undefined && { TimeoutSeconds: options.timeoutSeconds }),
    States: {
      [STATES.run]: {
        Type: 'Parallel',
        Parameters: { out: {} },
        Branches: [run.branch],
        ResultSelector: { 'out.$': '$[0]' },
        Catch: catchAnything({ Next: afterError }),
        Next: afterEnd,
      },
      ...runEndStates(end),
    },
  };
  const limits = limitsOf(plan, definition);
  const problems = options.limits === 'report' ? [] : limitProblems(limits);
  if (problems.length > 0) throw new GraphError(plan.pipeline, problems);
  // Run, then any failure?, the finally hooks, Cleanup, Verdict, Succeeded.
  const around = 1 + (errors ? 1 : 0) + (always ? 1 + always.statesEntered : 0) + 3;
  return {
    definition,
    ...(after && { afterExecution: afterExecution(plan, after.branch) }),
    functions,
    structure: run.structure,
    statesEntered: run.statesEntered + around,
    definitionBytes: limits.find(({ name }) => name === 'definition')?.used ?? 0,
    limits,
    criticalPathSeconds: criticalPathSeconds(run.nodes),
    makespanSeconds: makespanSeconds(run.nodes, run.structure),
  };
}

function afterExecution(plan: Plan, branch: Branch): Definition {
  return {
    Comment: `${plan.pipeline}: what runs after an execution, compiled by Ebbtide`,
    StartAt: STATES.afterExecution,
    States: {
      [STATES.afterExecution]: {
        Type: 'Parallel',
        Parameters: { out: {}, up: { 'execution.$': '$.detail' } },
        Branches: [branch],
        End: true,
      },
    },
  };
}
