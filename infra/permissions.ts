/** Exactly what the functions of a pipeline may do with data. */

import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import {
  ATTEMPT_MARKER,
  CHUNKS,
  COMMIT_RECORD,
  EXECUTIONS,
  HOLDERS,
  LEASE,
  RESULT_RECORD,
} from '../state-machines/contract/keys.ts';
import type { Plan, PlannedTask } from '../state-machines/graph/plan.ts';

/** CDK spreads statements over policies of the size that IAM takes, but never splits one. */
const RESOURCES_A_STATEMENT = 20;

export interface PipelineData {
  readonly pipeline: string;
  readonly plan: Plan;
  readonly runs: Bucket;
  readonly results: Bucket;
}

/**
 * What a task may do with data: read its inputs and its own records, write its own outputs; delete those of its inputs
 * that go with the last commit among their consumers, and see whether the others have committed; and take over a run
 * that its execution resumes. A `*` in an ARN stands for slashes too: what holds for an attempt's folder holds for the
 * folder of an attempt at a chunk, and of an attempt in an execution that resumes the run.
 */
export function dataStatements(task: PlannedTask, data: PipelineData): PolicyStatement[] {
  const { pipeline, plan, runs, results } = data;
  const own = folderOf(task.name, data);
  const chunks = own + CHUNKS;
  const ofChunks = <T>(value: T) => (task.each ? [value] : []);
  const ofHooks = (name: string, inExecutions: string) =>
    plan.hook(name) ? [folderOf(name, data) + EXECUTIONS + inExecutions] : [];
  const recordsOf = (name: string) => [folderOf(name, data) + COMMIT_RECORD, ...ofHooks(name, `*/${COMMIT_RECORD}`)];
  const readable = inputsOf(task).flatMap((input) => [
    ...recordsOf(input.task),
    `${folderOf(input.task, data)}*/${input.output}`,
  ]);
  const records = [...recordsOf(task.name), ...ofChunks(`${chunks}*/${COMMIT_RECORD}`)];
  const listable = [own, ...ofChunks(`${chunks}*`), ...ofHooks(task.name, '*')];
  const markers = `${own}*/${ATTEMPT_MARKER}`;
  const durable = Object.entries(task.outputs).filter(([, output]) => output.durable);
  const inRuns = (keys: readonly string[]) => [...new Set(keys)].map((key) => runs.arnForObjects(key));
  return [
    new PolicyStatement({ sid: 'ReadInputs', actions: ['s3:GetObject'], resources: inRuns(readable) }),
    ...releaseStatements(task, data),
    new PolicyStatement({
      sid: 'WriteOwnAttempts',
      actions: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
      resources: inRuns(Object.keys(task.outputs).map((output) => `${own}*/${output}`)),
    }),
    new PolicyStatement({
      sid: 'WriteOwnRecords',
      actions: ['s3:PutObject'],
      resources: inRuns([...records, markers]),
    }),
    new PolicyStatement({
      sid: 'ReadOwnRecord',
      actions: ['s3:GetObject'],
      // Gathering says how chunks failed, which their markers tell.
      resources: inRuns([...records, ...ofChunks(`${chunks}*/${ATTEMPT_MARKER}`)]),
    }),
    new PolicyStatement({
      sid: 'ListOwnAttempts',
      actions: ['s3:ListBucket'],
      resources: [runs.bucketArn],
      conditions: { StringLike: { 's3:prefix': listable.length > 1 ? listable : own } },
    }),
    new PolicyStatement({
      sid: 'ReadLeases',
      actions: ['s3:GetObject'],
      resources: inRuns([`runs/${pipeline}/*/${LEASE}`]),
    }),
    new PolicyStatement({
      sid: 'TakeRunsOver',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: inRuns([`runs/${pipeline}/*/${HOLDERS}*`]),
    }),
    new PolicyStatement({
      sid: 'CopyOwnResults',
      actions: ['s3:GetObject'],
      resources: inRuns(durable.map(([output]) => `${own}*/${output}`)),
    }),
    new PolicyStatement({
      sid: 'PublishOwnResults',
      actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: durable.map(([output]) =>
        results.arnForObjects(`results/${pipeline}/*/${task.name}/${output}${task.each ? '/*' : '.*'}`),
      ),
    }),
  ];
}

function inputsOf(task: PlannedTask): { readonly task: string; readonly output: string }[] {
  return [...Object.values(task.inputs), ...(task.each ? [task.each] : [])];
}

/** Of a task or hook, in any run. */
function folderOf(name: string, { pipeline }: PipelineData): string {
  return `runs/${pipeline}/*/${name}/`;
}

/** Release on last commit: the inputs that may go with this task's, and the records of all who have a say in it. */
function releaseStatements(task: PlannedTask, data: PipelineData): PolicyStatement[] {
  const { pipeline, plan, runs } = data;
  const releasedBy = (input: { task: string; output: string }) =>
    plan.task(input.task)?.outputs[input.output]?.releasedBy ?? [];
  const released = inputsOf(task).filter((input) => releasedBy(input).length > 0);
  const others = new Set(released.flatMap(releasedBy));
  others.delete(task.name);
  // One for many: for as many consumers as there may be, exact ones would take more than a role can have.
  const visible =
    others.size > RESOURCES_A_STATEMENT
      ? [`runs/${pipeline}/*/${COMMIT_RECORD}`]
      : [...others].map((name) => folderOf(name, data) + COMMIT_RECORD);
  const objects = new Set(released.map((input) => `${folderOf(input.task, data)}*/${input.output}`));
  return [
    new PolicyStatement({
      sid: 'ReleaseInputs',
      actions: ['s3:DeleteObject'],
      resources: [...objects].map((key) => runs.arnForObjects(key)),
    }),
    new PolicyStatement({
      sid: 'SeeOtherConsumers',
      actions: ['s3:GetObject'],
      resources: visible.map((key) => runs.arnForObjects(key)),
    }),
  ];
}

/** What the cleanup may do: under the pipeline's runs read records, note how a run ends, and delete; nothing else. */
export function cleanupStatements({ pipeline, runs }: PipelineData): PolicyStatement[] {
  const prefix = `runs/${pipeline}/*`;
  const inRuns = (...paths: readonly string[]) => paths.map((path) => runs.arnForObjects(`${prefix}/${path}`));
  return [
    // Outputs have names that begin with a letter.
    new PolicyStatement({ sid: 'ReadRecords', actions: ['s3:GetObject'], resources: inRuns('_*.json') }),
    new PolicyStatement({
      sid: 'NoteTheEnd',
      actions: ['s3:PutObject'],
      resources: inRuns(LEASE, RESULT_RECORD, `${HOLDERS}*`),
    }),
    new PolicyStatement({
      sid: 'EmptyRuns',
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
      resources: [runs.arnForObjects(prefix)],
    }),
    new PolicyStatement({
      sid: 'ListRuns',
      actions: ['s3:ListBucket', 's3:ListBucketVersions'],
      resources: [runs.bucketArn],
      conditions: { StringLike: { 's3:prefix': prefix } },
    }),
    new PolicyStatement({
      // S3 does not evaluate s3:prefix for this action, so a condition on it would deny every request.
      sid: 'ListUploads',
      actions: ['s3:ListBucketMultipartUploads'],
      resources: [runs.bucketArn],
    }),
  ];
}

export interface ReaperMachines {
  readonly stateMachine: StateMachine;
  readonly finalizer: StateMachine;
  /** There are tasks that run after an execution: each that ended must have had a finalizer. */
  readonly hasAfterExecution: boolean;
  /** There are errors or finally tasks, which an execution can leave to do that was ended before it wrote anything. */
  readonly hasHooks: boolean;
}

/** What the reaper may do: see how executions ended, start their finalizers, and take over and delete runs. */
export function reaperStatements(
  { pipeline, runs }: PipelineData,
  { stateMachine, finalizer, hasAfterExecution, hasHooks }: ReaperMachines,
): PolicyStatement[] {
  const prefix = `runs/${pipeline}/*`;
  const holders = runs.arnForObjects(`runs/${pipeline}/*/${HOLDERS}*`);
  return [
    new PolicyStatement({
      sid: 'ReadExecutions',
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
      resources: [executionsOf(stateMachine)],
    }),
    new PolicyStatement({
      sid: 'ReadFinalizers',
      actions: ['states:DescribeExecution'],
      resources: [executionsOf(finalizer)],
    }),
    new PolicyStatement({
      sid: 'StartFinalizers',
      actions: ['states:StartExecution'],
      resources: [finalizer.stateMachineArn],
    }),
    ...(hasAfterExecution || hasHooks
      ? [
          new PolicyStatement({
            sid: 'ListExecutions',
            actions: ['states:ListExecutions'],
            resources: [stateMachine.stateMachineArn, finalizer.stateMachineArn],
          }),
        ]
      : []),
    new PolicyStatement({
      sid: 'ReadHolders',
      actions: ['s3:GetObject'],
      resources: [runs.arnForObjects(`runs/${pipeline}/*/${LEASE}`), holders],
    }),
    new PolicyStatement({ sid: 'TakeOver', actions: ['s3:PutObject'], resources: [holders] }),
    new PolicyStatement({
      sid: 'EmptyRuns',
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
      resources: [runs.arnForObjects(prefix)],
    }),
    new PolicyStatement({
      // The star stands for nothing too: for the prefix of all runs, by which they are found.
      sid: 'ListRuns',
      actions: ['s3:ListBucket', 's3:ListBucketVersions'],
      resources: [runs.bucketArn],
      conditions: { StringLike: { 's3:prefix': prefix } },
    }),
    new PolicyStatement({
      // S3 does not evaluate s3:prefix for this action, as of the cleanup.
      sid: 'ListUploads',
      actions: ['s3:ListBucketMultipartUploads'],
      resources: [runs.bucketArn],
    }),
  ];
}

function executionsOf(stateMachine: StateMachine): string {
  return Stack.of(stateMachine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachine.stateMachineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** The same statement over a few resources at a time; none where it has no resource. */
export function inPolicySize(statement: PolicyStatement): PolicyStatement[] {
  const { resources, sid } = statement;
  const parts: PolicyStatement[] = [];
  for (let start = 0; start < resources.length; start += RESOURCES_A_STATEMENT) {
    const some = resources.slice(start, start + RESOURCES_A_STATEMENT);
    const number = start === 0 ? '' : String(parts.length + 1);
    parts.push(statement.copy({ sid: `${sid ?? ''}${number}`, resources: some }));
  }
  return parts;
}
