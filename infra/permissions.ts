/** Exactly what the functions of a pipeline may do with data. */

import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  ATTEMPT_MARKER,
  CHUNKS,
  COMMIT_RECORD,
  HOLDERS,
  LEASE,
  RESULT_RECORD,
} from '../state-machines/contract/keys.ts';
import type { PlannedTask } from '../state-machines/graph/plan.ts';

export interface PipelineData {
  readonly pipeline: string;
  readonly runs: Bucket;
  readonly results: Bucket;
}

/**
 * What a task may do with data: read its inputs and its own records, write its own outputs. A `*` in an ARN stands for
 * slashes too: what holds for an attempt's folder holds for the folder of an attempt at a chunk.
 */
export function dataStatements(task: PlannedTask, { pipeline, runs, results }: PipelineData): PolicyStatement[] {
  const own = `runs/${pipeline}/*/${task.name}/`;
  const chunks = own + CHUNKS;
  const ofChunks = <T>(value: T) => (task.each ? [value] : []);
  const readable = [...Object.values(task.inputs), ...(task.each ? [task.each] : [])].flatMap((input) => [
    `runs/${pipeline}/*/${input.task}/${COMMIT_RECORD}`,
    `runs/${pipeline}/*/${input.task}/*/${input.output}`,
  ]);
  const records = [own + COMMIT_RECORD, ...ofChunks(`${chunks}*/${COMMIT_RECORD}`)];
  const markers = `${own}*/${ATTEMPT_MARKER}`;
  const durable = Object.entries(task.outputs).filter(([, output]) => output.durable);
  const inRuns = (keys: readonly string[]) => [...new Set(keys)].map((key) => runs.arnForObjects(key));
  return [
    new PolicyStatement({ sid: 'ReadInputs', actions: ['s3:GetObject'], resources: inRuns(readable) }),
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
      conditions: { StringLike: { 's3:prefix': task.each ? [own, `${chunks}*`] : own } },
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

/** CDK spreads statements over policies of the size that IAM takes, but never splits one. */
const RESOURCES_A_STATEMENT = 20;

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
