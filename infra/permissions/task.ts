import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  ATTEMPT_MARKER,
  CHUNKS,
  COMMIT_RECORD,
  EXECUTIONS,
  HOLDERS,
  LEASE,
} from '../../state-machines/contract/keys.ts';
import type { PlannedTask } from '../../state-machines/graph/plan.ts';
import type { PipelineData } from './pipeline-data.ts';
import { RESOURCES_A_STATEMENT } from './policy-size.ts';

/**
 * What a task may do with data: read its inputs and its own records, write its own outputs; delete those of its inputs
 * that go with the last commit among their consumers, and see whether the others have committed; and take over a run
 * that its execution resumes. A `*` in an ARN stands for slashes too: what holds for an attempt's folder holds for the
 * folder of an attempt at a chunk, and of an attempt in an execution that resumes the run.
 */
export function taskStatements(task: PlannedTask, data: PipelineData): PolicyStatement[] {
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
      actions: ['s3:GetObject', ...(mayComeFirst(task) ? ['s3:PutObject'] : [])],
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

/** Whether no function need have succeeded in the execution before, which would have taken the run over by then. */
function mayComeFirst(task: PlannedTask): boolean {
  return 'hook' in task || task.requires.length === 0;
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
