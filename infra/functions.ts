/** The Lambda functions of a pipeline, and exactly what each may do. */

import { basename } from 'node:path';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CLEANUP_TIMEOUT_SECONDS } from '../state-machines/compiler/machine/run-end.ts';
import { ENVIRONMENT } from '../state-machines/contract/environment.ts';
import { ATTEMPT_MARKER, CHUNKS, COMMIT_RECORD } from '../state-machines/contract/keys.ts';
import type { PlannedHook, PlannedTask } from '../state-machines/graph/plan.ts';

export interface PipelineData {
  readonly pipeline: string;
  readonly runs: Bucket;
  readonly results: Bucket;
}

/** @param code a folder with the bundle, `<folder>.mjs` */
export function createTaskFunction(
  scope: Construct,
  id: string,
  task: PlannedTask | PlannedHook,
  code: string,
  data: PipelineData,
): LambdaFunction {
  const { pipeline, runs, results } = data;
  const kind = 'hook' in task ? `${task.hook} task` : 'task';
  const lambda = createFunction(scope, id, {
    description: `Ebbtide: the ${kind} ${task.name} of ${pipeline}`,
    code,
    memoryMiB: task.resources.memoryMiB,
    ephemeralStorageMiB: task.resources.ephemeralStorageMiB,
    timeoutSeconds: task.timeoutSeconds,
    environment: {
      [ENVIRONMENT.task]: task.name,
      [ENVIRONMENT.runsBucket]: runs.bucketName,
      [ENVIRONMENT.resultsBucket]: results.bucketName,
    },
  });
  if ('hook' in task && task.hook === 'after-execution') return lambda;
  const statements = dataStatements(task, data);
  for (const statement of statements) for (const part of inPolicySize(statement)) lambda.addToRolePolicy(part);
  return lambda;
}

/**
 * What a task may do with data: read its inputs and its own records, write its own outputs. A `*` in an ARN stands for
 * slashes too: what holds for an attempt's folder holds for the folder of an attempt at a chunk.
 */
function dataStatements(task: PlannedTask, { pipeline, runs, results }: PipelineData): PolicyStatement[] {
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

/** @param code a folder with the bundle, `<folder>.mjs` */
export function createCleanupFunction(scope: Construct, id: string, code: string, data: PipelineData): LambdaFunction {
  const { pipeline, runs } = data;
  const lambda = createFunction(scope, id, {
    description: `Ebbtide: the cleanup of ${pipeline}`,
    code,
    memoryMiB: 512,
    timeoutSeconds: CLEANUP_TIMEOUT_SECONDS,
    environment: { [ENVIRONMENT.pipeline]: pipeline, [ENVIRONMENT.runsBucket]: runs.bucketName },
  });
  const prefix = `runs/${pipeline}/*`;
  for (const statement of [
    new PolicyStatement({
      sid: 'EmptyRuns',
      actions: ['s3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      resources: [runs.arnForObjects(prefix)],
    }),
    new PolicyStatement({
      sid: 'ListRuns',
      actions: ['s3:ListBucket'],
      resources: [runs.bucketArn],
      conditions: { StringLike: { 's3:prefix': prefix } },
    }),
    new PolicyStatement({
      // S3 does not evaluate s3:prefix for this action, so a condition on it would deny every request.
      sid: 'ListUploads',
      actions: ['s3:ListBucketMultipartUploads'],
      resources: [runs.bucketArn],
    }),
  ]) {
    lambda.addToRolePolicy(statement);
  }
  return lambda;
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

interface FunctionSettings {
  readonly description: string;
  readonly code: string;
  readonly memoryMiB: number;
  readonly ephemeralStorageMiB?: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
}

function createFunction(parent: Construct, id: string, settings: FunctionSettings): LambdaFunction {
  const scope = new Construct(parent, id);
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // A role of our own: the managed policy that Lambda would get may write to every log group of the account.
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  return new LambdaFunction(scope, 'Function', {
    description: settings.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: `${basename(settings.code)}.handler`,
    code: Code.fromAsset(settings.code),
    memorySize: settings.memoryMiB,
    ephemeralStorageSize: Size.mebibytes(settings.ephemeralStorageMiB ?? 512),
    timeout: Duration.seconds(settings.timeoutSeconds),
    environment: { ...settings.environment, NODE_OPTIONS: '--enable-source-maps' },
    tracing: Tracing.ACTIVE,
    role,
    logGroup,
  });
}
