import { CfnOutput, Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import { type Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { compile } from '../state-machines/compiler/compile.ts';
import { CLEANUP_PLACEHOLDER } from '../state-machines/compiler/placeholders.ts';
import type { AnyFormat, FormatKind } from '../state-machines/graph/formats.ts';
import type { Plan, PlannedTask } from '../state-machines/graph/plan.ts';
import { createResultsBucket, createRunsBucket } from './buckets.ts';
import { bundle } from './bundle.ts';
import { createCleanupFunction, createTaskFunction, inPolicySize, type PipelineData } from './functions.ts';
import { findHandlerFiles } from './handler-files.ts';

export interface PipelineProps {
  /** What `graph.build()` returned. */
  readonly plan: Plan;
  /** The folder with the tasks' handlers: a file for each task, `<task>.ts`, that exports `handler`. */
  readonly handlers: string;
  /** How long a run may take. @default Duration.hours(24) */
  readonly timeout?: Duration;
}

/** A run that hangs costs nothing but its slot; a day is long enough for a batch and short enough to be noticed. */
const DEFAULT_TIMEOUT = Duration.hours(24);

/**
 * A pipeline: the state machine compiled from a plan, a function for each task, and the two buckets.
 *
 * - A task's function may read its inputs and its own records, and write its own outputs: nothing else.
 * - The runs bucket holds intermediates and empties itself; the results bucket stays when the stack goes.
 */
export class Pipeline extends Construct {
  readonly stateMachine: StateMachine;
  readonly runsBucket: Bucket;
  readonly resultsBucket: Bucket;
  /** The tasks' functions by task name. */
  readonly functions: Readonly<Record<string, IFunction>>;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { plan, timeout = DEFAULT_TIMEOUT } = props;
    const compiled = compile(plan, { timeoutSeconds: timeout.toSeconds() });
    const files = findHandlerFiles(
      props.handlers,
      plan.tasks.map((task) => task.name),
    );

    const runs = createRunsBucket(this, 'Runs', timeout);
    const results = createResultsBucket(this, 'Results');
    const { tasks, cleanup } = this.#createFunctions(plan, files, { pipeline: plan.pipeline, runs, results });

    this.stateMachine = new StateMachine(this, 'StateMachine', {
      comment: `Ebbtide: ${plan.pipeline}`,
      definitionBody: DefinitionBody.fromString(JSON.stringify(compiled.definition)),
      definitionSubstitutions: {
        ...Object.fromEntries(
          Object.entries(tasks).map(([task, lambda]) => [compiled.functions[task] ?? '', lambda.functionArn]),
        ),
        [CLEANUP_PLACEHOLDER]: cleanup.functionArn,
      },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'StateMachineLogs', {
          // Log groups of this name need no entry each in the account's resource policy, which has room for few.
          // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
          logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, { maxLength: 128, separator: '-' })}`,
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    const invokeFunctions = new PolicyStatement({
      sid: 'InvokeFunctions',
      actions: ['lambda:InvokeFunction'],
      resources: [...Object.values(tasks), cleanup].map((lambda) => lambda.functionArn),
    });
    for (const statement of inPolicySize(invokeFunctions)) this.stateMachine.addToRolePolicy(statement);

    this.functions = tasks;
    this.runsBucket = runs;
    this.resultsBucket = results;
    new CfnOutput(this, 'StateMachineArn', { value: this.stateMachine.stateMachineArn });
    new CfnOutput(this, 'ResultsBucketName', { value: results.bucketName });
  }

  grantStartExecution(grantee: IGrantable): Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  #createFunctions(plan: Plan, files: Readonly<Record<string, string>>, data: PipelineData) {
    const entries = plan.tasks.map((task) => [
      task.name,
      { file: files[task.name] ?? '', neverImports: codecsNotOf(task) },
    ]);
    const bundles = bundle({ ...Object.fromEntries(entries), [CLEANUP_PLACEHOLDER]: { file: CLEANUP_HANDLER } });
    try {
      const tasks: Record<string, IFunction> = {};
      for (const task of plan.tasks) {
        tasks[task.name] = createTaskFunction(this, `Task-${task.name}`, task, bundles.folders[task.name] ?? '', data);
      }
      const cleanup = createCleanupFunction(this, 'Cleanup', bundles.folders[CLEANUP_PLACEHOLDER] ?? '', data);
      return { tasks, cleanup };
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
