import { CfnOutput, Duration, Stage } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { compile } from '../state-machines/compiler/compile.ts';
import { CLEANUP_PLACEHOLDER, RUNS_BUCKET_PLACEHOLDER } from '../state-machines/compiler/placeholders.ts';
import type { AnyFormat, FormatKind } from '../state-machines/graph/formats.ts';
import type { Plan, PlannedTask } from '../state-machines/graph/plan.ts';
import { createResultsBucket, createRunsBucket } from './buckets.ts';
import { bundle } from './bundle.ts';
import { createCleanupFunction, createTaskFunction } from './functions.ts';
import { findHandlerFiles } from './handler-files.ts';
import { refuseLargeDefinition, refuseLargeStack } from './limits.ts';
import type { PipelineData } from './permissions.ts';
import { allowChildExecutions, createStateMachine } from './state-machines.ts';

export interface PipelineProps {
  /** What `graph.build()` returned. */
  readonly plan: Plan;
  /** The folder with the handlers: a file for each task and each hook, `<name>.ts`, that exports `handler`. */
  readonly handlers: string;
  /** How long a run may take. @default Duration.hours(24) */
  readonly timeout?: Duration;
}

/** A run that hangs costs nothing but its slot; a day is long enough for a batch and short enough to be noticed. */
const DEFAULT_TIMEOUT = Duration.hours(24);

/**
 * A pipeline: the state machine compiled from a plan, a function for each task and hook, and the two buckets.
 *
 * - A task's function may read its inputs and its own records, and write its own outputs: nothing else.
 * - An after-execution task may touch no data at all: the run's has gone by then.
 * - The runs bucket holds intermediates and empties itself; the results bucket stays when the stack goes.
 */
export class Pipeline extends Construct {
  readonly stateMachine: StateMachine;
  /**
   * The machine that does what an ended execution left to do, in an execution of the same name: hooks and cleanup where
   * it did not come to them, the after-execution tasks, and a last sweep.
   */
  readonly finalizer: StateMachine;
  readonly runsBucket: Bucket;
  readonly resultsBucket: Bucket;
  /** The functions of the tasks and hooks, by name. */
  readonly functions: Readonly<Record<string, IFunction>>;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { plan, timeout = DEFAULT_TIMEOUT } = props;
    const compiled = compile(plan, { timeoutSeconds: timeout.toSeconds() });
    for (const definition of [compiled.definition, compiled.finalizer])
      refuseLargeDefinition(plan.pipeline, definition);
    const files = findHandlerFiles(props.handlers, plan);

    const runs = createRunsBucket(this, 'Runs', timeout);
    const results = createResultsBucket(this, 'Results');
    const { functions, cleanup } = this.#createFunctions(plan, files, { pipeline: plan.pipeline, plan, runs, results });

    const placed = (names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [compiled.functions[name] ?? '', functions[name] as IFunction]));
    const isAfter = (name: string) => plan.hook(name)?.hook === 'after-execution';
    const names = plan.functions.map(({ name }) => name);
    const hooks = plan.hooks.map(({ name }) => name);
    this.stateMachine = createStateMachine(this, 'StateMachine', {
      comment: `Ebbtide: ${plan.pipeline}`,
      definition: compiled.definition,
      functions: { ...placed(names.filter((name) => !isAfter(name))), [CLEANUP_PLACEHOLDER]: cleanup },
      values: { [RUNS_BUCKET_PLACEHOLDER]: runs.bucketName },
    });
    allowChildExecutions(this.stateMachine, plan, runs);
    this.finalizer = createStateMachine(this, 'Finalizer', {
      comment: `Ebbtide: the finalizer of ${plan.pipeline}`,
      definition: compiled.finalizer,
      functions: { ...placed(hooks), [CLEANUP_PLACEHOLDER]: cleanup },
    });
    refuseLargeStack(this, plan.pipeline);

    this.functions = functions;
    this.runsBucket = runs;
    this.resultsBucket = results;
    new CfnOutput(this, 'StateMachineArn', { value: this.stateMachine.stateMachineArn });
    new CfnOutput(this, 'ResultsBucketName', { value: results.bucketName });
  }

  grantStartExecution(grantee: IGrantable): Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  #createFunctions(plan: Plan, files: Readonly<Record<string, string>>, data: PipelineData) {
    const entries = plan.functions.map((task) => [
      task.name,
      { file: files[task.name] ?? '', neverImports: codecsNotOf(task) },
    ]);
    const all = { ...Object.fromEntries(entries), [CLEANUP_PLACEHOLDER]: { file: CLEANUP_HANDLER } };
    const bundles = bundle(all, Stage.of(this)?.outdir);
    try {
      const functions: Record<string, IFunction> = {};
      for (const task of plan.functions) {
        const kind = plan.task(task.name) ? 'Task' : 'Hook';
        const code = bundles.folders[task.name] ?? '';
        functions[task.name] = createTaskFunction(this, `${kind}-${task.name}`, task, code, data);
      }
      const cleanup = createCleanupFunction(this, 'Cleanup', bundles.folders[CLEANUP_PLACEHOLDER] ?? '', data);
      return { functions, cleanup };
    } finally {
      bundles.dispose();
    }
  }
}

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
const CLEANUP_HANDLER = import.meta.filename.replace(/pipeline\.(ts|js)$/, '../lambdas/cleanup/handler.$1');
