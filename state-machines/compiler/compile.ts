/** From a plan to a definition: nested (structure, nesting/), written as states (machine/), held to the limits. */

import { UsageError } from '../contract/errors.ts';
import { show } from '../contract/show.ts';
import { STATES } from '../contract/states.ts';
import { checkedPlan } from '../graph/checked-plan.ts';
import { GraphError } from '../graph/errors.ts';
import type { Plan } from '../graph/plan.ts';
import { catchAnything, type Definition, present, type State, some } from './asl.ts';
import { criticalPathSeconds, makespanSeconds } from './estimate.ts';
import { type LimitUse, limitProblems, limitsOf } from './limits.ts';
import { finalizerOf } from './machine/finalizer.ts';
import { MachineParts } from './machine/parts.ts';
import {
  entryAfterError,
  entryAfterErrors,
  hookPhases,
  knownToCleanup,
  OWN_EXECUTION,
  runEndStates,
} from './machine/run-end.ts';
import { verdictStates } from './machine/verdict.ts';
import { placeholdersOf } from './placeholders.ts';
import type { Nest, Structure } from './structure.ts';
import { type TaskWaits, waitsOf } from './waits.ts';

export interface CompileOptions {
  /** How long a run may take. @default as long as Step Functions lets it, a year */
  readonly timeoutSeconds?: number;
  /** How long the intermediates of a run that did not succeed are kept, in whole seconds. @default not at all */
  readonly keepOnFailureSeconds?: number;
  /** `report` compiles a pipeline that is over a limit too. @default 'enforce' */
  readonly limits?: 'enforce' | 'report';
}

export interface CompiledPipeline {
  /** The state machine, with a `${placeholder}` for the ARN of each function. */
  readonly definition: Definition;
  /**
   * The machine that does what an ended execution left to do: its hooks and its cleanup where it did not come to them,
   * the after-execution tasks, and a last sweep behind functions that outlived it. Its input is a `FinalizerInput`.
   */
  readonly finalizer: Definition;
  /** Which placeholder stands for the function of which task or hook. */
  readonly functions: Readonly<Record<string, string>>;
  /** How the graph was nested. */
  readonly structure: Structure;
  /** What each task waits for, by the graph and by the nesting, and each hook that is nested with them. */
  readonly waits: readonly TaskWaits[];
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
 * What cannot be caught at all (an abort, a timeout, a broken definition) is what the finalizer is for.
 *
 * @throws UsageError for an option that is not allowed, or what is no plan
 * @throws GraphError with a problem for each limit of Step Functions that a run could pass
 */
export function compile(plan: Plan, options: CompileOptions = {}): CompiledPipeline {
  return compileNested(checkedPlan(plan, 'compile()'), undefined, options);
}

/** @param nest nests the tasks and the hooks of groups, in any way that keeps their order. @default as `compile` does */
export function compileNested(plan: Plan, nest: Nest | undefined, options: CompileOptions = {}): CompiledPipeline {
  refuseTimeout(options);
  const functions = placeholdersOf(plan);
  const known = knownToCleanup(plan);
  const cleanupParameters = keepParameters(options);
  const parts = new MachineParts(plan, functions);
  const run = parts.run(nest);
  const phases = hookPhases(parts);
  const { errors, finally: always } = phases;
  const taskErrors = plan.tasks.map(({ name }) => `$.out${run.marks.get(name)}.Error`);
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
        Catch: catchAnything({ Next: entryAfterError(phases) }),
        Next: errors ? STATES.anyFailure : entryAfterErrors(phases),
      },
      ...(errors && { [STATES.anyFailure]: anyFailure(taskErrors, entryAfterErrors(phases)) }),
      ...runEndStates({
        known,
        ...phases,
        execution: OWN_EXECUTION,
        cleanup: { parameters: cleanupParameters, Next: STATES.verdict, onFailure: STATES.cleanupFailed },
      }),
      ...verdictStates(plan, taskErrors),
    },
  };
  const finalizer = finalizerOf(plan, functions, known, cleanupParameters);
  const limits = limitsOf(plan, { definition, finalizer });
  const problems = options.limits === 'report' ? [] : limitProblems(limits);
  if (problems.length > 0) throw new GraphError(plan.pipeline, problems);
  // Run, then any failure?, the finally hooks, Cleanup, Verdict, Succeeded.
  const around = 1 + (errors ? 1 : 0) + (always ? 1 + always.statesEntered : 0) + 3;
  let waits: readonly TaskWaits[] | undefined;
  return {
    definition,
    finalizer,
    functions,
    structure: run.structure,
    // Whoever deploys or runs it does not ask.
    get waits() {
      waits ??= waitsOf(plan, run.nodes, run.structure);
      return waits;
    },
    statesEntered: run.statesEntered + around,
    definitionBytes: limits.find(({ name }) => name === 'definition')?.used ?? 0,
    limits,
    criticalPathSeconds: criticalPathSeconds(run.nodes),
    makespanSeconds: makespanSeconds(run.nodes, run.structure),
  };
}

function anyFailure(taskErrors: readonly string[], otherwise: string): State {
  return {
    Type: 'Choice',
    Choices: [{ ...some(taskErrors.map(present)), Next: STATES.errors }],
    Default: otherwise,
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: an execution takes a year at the most. */
const LONGEST_TIMEOUT_SECONDS = 31_536_000;

function refuseTimeout({ timeoutSeconds }: CompileOptions): void {
  if (timeoutSeconds === undefined) return;
  const whole = Number.isSafeInteger(timeoutSeconds) && timeoutSeconds >= 1;
  if (whole && timeoutSeconds <= LONGEST_TIMEOUT_SECONDS) return;
  throw new UsageError(
    'InvalidOption',
    `the timeout of a run is ${show(timeoutSeconds)} seconds; it must be whole seconds, from 1 to ${show(LONGEST_TIMEOUT_SECONDS)}, a year`,
  );
}

/** A constant in the definition: what it was deployed with is what holds for the run. */
function keepParameters({ keepOnFailureSeconds = 0 }: CompileOptions): Readonly<Record<string, unknown>> {
  if (Number.isSafeInteger(keepOnFailureSeconds) && keepOnFailureSeconds >= 0)
    return keepOnFailureSeconds > 0 ? { keepOnFailureSeconds } : {};
  throw new UsageError(
    'InvalidOption',
    `keepOnFailureSeconds is ${show(keepOnFailureSeconds)}; give whole seconds, or 0 to keep nothing`,
  );
}
