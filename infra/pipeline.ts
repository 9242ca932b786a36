import { Aws, CfnOutput, Duration, Stage } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { compile } from '../state-machines/compiler/compile.ts';
import {
  CLEANUP_PLACEHOLDER,
  PARTITION_PLACEHOLDER,
  RUNS_BUCKET_PLACEHOLDER,
} from '../state-machines/compiler/placeholders.ts';
import type { AnyFormat, FormatKind } from '../state-machines/graph/formats.ts';
import type { Plan, PlannedTask } from '../state-machines/graph/plan.ts';
import { createResultsBucket, createRunsBucket } from './buckets.ts';
import { type BundleEntry, bundle } from './bundle.ts';
import { checkedKeep, checkedRate } from './durations.ts';
import { createCleanupFunction, createReaperFunction, createTaskFunction } from './functions.ts';
import { findHandlerFiles } from './handler-files.ts';
import { refuseLargeDefinition, refuseLargeStack } from './limits.ts';
import type { PipelineData } from './permissions/pipeline-data.ts';
import { triggerReaper } from './reaper.ts';
import { allowChildExecutions, createStateMachine } from './state-machines.ts';
import { acknowledgeWildcards } from './suppressions.ts';

export interface PipelineProps {
  /** What `graph.build()` returned. */
  readonly plan: Plan;
  /**
   * The folder with the handlers: a file for each task and each hook, `<name>.ts`, that exports `handler`. A relative path
   * is from the working directory, which in a CDK app is the project's folder.
   */
  readonly handlers: string;
  /** How long a run may take. @default Duration.hours(24) */
  readonly timeout?: Duration;
  /**
   * How long the intermediates of a run that did not succeed are kept, for looking and for resuming: whole seconds, 60
   * days at the most. @default nothing is kept
   */
  readonly keepOnFailure?: Duration;
  /**
   * How often the reaper looks for runs that nobody has cleaned up: whole minutes, one at the least.
   * @default Duration.minutes(15)
   */
  readonly reapEvery?: Duration;
}

/** A run that hangs costs nothing but its slot; a day is long enough for a batch and short enough to be noticed. */
const DEFAULT_TIMEOUT = Duration.hours(24);
const KEEP_NOTHING = Duration.seconds(0);
const DEFAULT_REAP_EVERY = Duration.minutes(15);

/**
 * A pipeline: the state machine compiled from a plan and its finalizer, a function for each task and hook, the cleanup
 * and the reaper, and the two buckets.
 *
 * - A task's function may read its inputs and its own records, and write its own outputs: nothing else.
 * - An after-execution task may touch no data at all: the run's has gone by then.
 * - However an execution ends, its hooks run and its run is cleaned up: by itself, or by its finalizer, which the reaper
 *   starts when it hears of that end, or else finds the run on its rounds.
 * - The runs bucket holds intermediates and empties itself; the results bucket stays when the stack goes.
 */
export class Pipeline extends Construct {
  readonly stateMachine: StateMachine;
  /**
   * The machine that does what an ended execution left to do, in an execution of the same name: hooks and cleanup where
   * it did not come to them, the after-execution tasks, and a last sweep.
   */
  readonly finalizer: StateMachine;
  /** The function that starts finalizers and deletes what is left; `{ "dryRun": true }` only tells what it would do. */
  readonly reaper: IFunction;
  readonly runsBucket: Bucket;
  readonly resultsBucket: Bucket;
  /** The functions of the tasks and hooks, by name. */
  readonly functions: Readonly<Record<string, IFunction>>;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { plan, timeout = DEFAULT_TIMEOUT } = props;
    const keepOnFailure = checkedKeep(props.keepOnFailure ?? KEEP_NOTHING);
    const reapEvery = checkedRate(props.reapEvery ?? DEFAULT_REAP_EVERY);
    const compiled = compile(plan, {
      timeoutSeconds: timeout.toSeconds(),
      keepOnFailureSeconds: keepOnFailure.toSeconds(),
    });
    refuseLargeDefinition(plan.pipeline, 'definition', compiled.definition);
    refuseLargeDefinition(plan.pipeline, 'finalizer definition', compiled.finalizer);
    const bundles = bundle(
      [taskEntries(plan, findHandlerFiles(props.handlers, plan)), OWN_ENTRIES],
      Stage.of(this)?.outdir,
    );
    const codeOf = (name: string) => bundles.folders[name] ?? '';

    const runs = createRunsBucket(this, 'Runs', timeout, keepOnFailure);
    const results = createResultsBucket(this, 'Results');
    const data: PipelineData = { pipeline: plan.pipeline, plan, runs, results };
    try {
      const cleanup = createCleanupFunction(this, 'Cleanup', codeOf(CLEANUP_PLACEHOLDER), data);
      this.functions = this.#createTaskFunctions(plan, codeOf, data);
      const placed = (tasks: readonly PlannedTask[]) => ({
        ...Object.fromEntries(tasks.map(({ name }) => [compiled.functions[name], this.functions[name] as IFunction])),
        [CLEANUP_PLACEHOLDER]: cleanup,
      });
      this.stateMachine = createStateMachine(this, 'StateMachine', {
        comment: `Ebbtide: ${plan.pipeline}`,
        definition: compiled.definition,
        functions: placed([...plan.tasks, ...plan.hooksBeforeCleanup]),
        values: { [RUNS_BUCKET_PLACEHOLDER]: runs.bucketName, [PARTITION_PLACEHOLDER]: Aws.PARTITION },
      });
      allowChildExecutions(this.stateMachine, plan, runs);
      this.finalizer = createStateMachine(this, 'Finalizer', {
        comment: `Ebbtide: the finalizer of ${plan.pipeline}`,
        definition: compiled.finalizer,
        functions: placed(plan.hooks),
      });
      const { stateMachine, finalizer } = this;
      const machines = {
        stateMachine,
        finalizer,
        hasAfterExecution: plan.hooksAfterExecution.length > 0,
        hasHooks: plan.hooksBeforeCleanup.length > 0,
      };
      const reaper = createReaperFunction(this, 'Reaper', codeOf(REAPER), data, machines);
      triggerReaper(this, { ...machines, reaper, every: reapEvery });
      this.reaper = reaper;
    } finally {
      bundles.dispose();
    }
    acknowledgeWildcards(this, data, [this.stateMachine, this.finalizer]);
    refuseLargeStack(this, plan.pipeline);

    this.runsBucket = runs;
    this.resultsBucket = results;
    new CfnOutput(this, 'StateMachineArn', { value: this.stateMachine.stateMachineArn });
    new CfnOutput(this, 'FinalizerArn', { value: this.finalizer.stateMachineArn });
    new CfnOutput(this, 'ReaperFunctionName', { value: this.reaper.functionName });
    new CfnOutput(this, 'ResultsBucketName', { value: results.bucketName });
  }

  grantStartExecution(grantee: IGrantable): Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  #createTaskFunctions(plan: Plan, codeOf: (name: string) => string, data: PipelineData): Record<string, IFunction> {
    const functions = plan.functions.map((task) => {
      const id = `${plan.task(task.name) ? 'Task' : 'Hook'}-${task.name}`;
      return [task.name, createTaskFunction(this, id, task, codeOf(task.name), data)];
    });
    return Object.fromEntries(functions);
  }
}

/** In the bundles, where no task has such a name. */
const REAPER = '_reaper';

function taskEntries(plan: Plan, files: Readonly<Record<string, string>>): Record<string, BundleEntry> {
  const entries = plan.functions.map((task): [string, BundleEntry] => [
    task.name,
    { file: files[task.name] ?? '', neverImports: codecsNotOf(task) },
  ]);
  return Object.fromEntries(entries);
}

const OWN_ENTRIES: Readonly<Record<string, BundleEntry>> = {
  [CLEANUP_PLACEHOLDER]: { file: handlerOf('cleanup') },
  [REAPER]: { file: handlerOf('reaper') },
};

/** The codecs of formats that a task does not read, or does not write. */
function codecsNotOf(task: PlannedTask): (file: string) => boolean {
  const kinds = (data: Readonly<Record<string, { format: AnyFormat }>>) =>
    Object.values(data).map(({ format }) => format.kind);
  const used = { decode: new Set(kinds(task.inputs)), encode: new Set(kinds(task.outputs)) };
  return (file) => {
    const [, direction, kind] = /runtime\/codecs\/(decode|encode)\/(\w+)\.[jt]s$/.exec(file) ?? [];
    return direction !== undefined && !used[direction as keyof typeof used].has(kind as FormatKind);
  };
}

/** Beside this file, as TypeScript in the repo and as JavaScript in the package. */
function handlerOf(name: 'cleanup' | 'reaper'): string {
  return import.meta.filename.replace(/pipeline\.(ts|js)$/, `../lambdas/${name}/handler.$1`);
}
