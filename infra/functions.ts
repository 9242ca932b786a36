/** The Lambda functions of a pipeline. */

import { basename } from 'node:path';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CLEANUP_TIMEOUT_SECONDS } from '../state-machines/compiler/machine/run-end.ts';
import { ENVIRONMENT } from '../state-machines/contract/environment.ts';
import type { PlannedHook, PlannedTask } from '../state-machines/graph/plan.ts';
import { deploymentOf } from './operation/deployment.ts';
import { cleanupStatements } from './permissions/cleanup.ts';
import type { PipelineData } from './permissions/pipeline-data.ts';
import { inPolicySize } from './permissions/policy-size.ts';
import { type ReaperMachines, reaperStatements } from './permissions/reaper.ts';
import { taskStatements } from './permissions/task.ts';

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
  return createFunction(scope, id, {
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
    statements: 'hook' in task && task.hook === 'after-execution' ? [] : taskStatements(task, data),
  });
}

/** @param code a folder with the bundle, `<folder>.mjs` */
export function createCleanupFunction(scope: Construct, id: string, code: string, data: PipelineData): LambdaFunction {
  const { pipeline, runs, results } = data;
  return createFunction(scope, id, {
    description: `Ebbtide: the cleanup of ${pipeline}`,
    code,
    memoryMiB: 512,
    timeoutSeconds: CLEANUP_TIMEOUT_SECONDS,
    environment: {
      [ENVIRONMENT.pipeline]: pipeline,
      [ENVIRONMENT.runsBucket]: runs.bucketName,
      [ENVIRONMENT.resultsBucket]: results.bucketName,
    },
    statements: cleanupStatements(data),
  });
}

/** As long as Lambda lets it: many runs may be left, and much of each. */
const REAPER_TIMEOUT_SECONDS = 900;

/** @param code a folder with the bundle, `<folder>.mjs` */
export function createReaperFunction(
  scope: Construct,
  id: string,
  code: string,
  data: PipelineData,
  machines: ReaperMachines,
): LambdaFunction {
  const { pipeline, runs } = data;
  return createFunction(scope, id, {
    description: `Ebbtide: the reaper of ${pipeline}`,
    code,
    memoryMiB: 512,
    timeoutSeconds: REAPER_TIMEOUT_SECONDS,
    environment: {
      [ENVIRONMENT.pipeline]: pipeline,
      [ENVIRONMENT.runsBucket]: runs.bucketName,
      [ENVIRONMENT.stateMachine]: machines.stateMachine.stateMachineArn,
      [ENVIRONMENT.finalizer]: machines.finalizer.stateMachineArn,
      ...(machines.hasAfterExecution && { [ENVIRONMENT.afterExecution]: 'yes' }),
      ...(machines.hasHooks && { [ENVIRONMENT.hooks]: 'yes' }),
    },
    statements: reaperStatements(data, machines),
  });
}

interface FunctionSettings {
  readonly description: string;
  readonly code: string;
  readonly memoryMiB: number;
  readonly ephemeralStorageMiB?: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** What it may do besides logging and tracing. */
  readonly statements: readonly PolicyStatement[];
}

function createFunction(pipeline: Construct, id: string, settings: FunctionSettings): LambdaFunction {
  const scope = new Construct(pipeline, id);
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // A role of our own: the managed policy that Lambda would get may write to every log group of the account.
  // Without a condition: Lambda does not document that it tells for which account it takes an execution role on, and where
  // it did not, no function could be created. Nobody can pass a role to a function of another account.
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  const lambda = new LambdaFunction(scope, 'Function', {
    description: settings.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: `${basename(settings.code)}.handler`,
    code: Code.fromAsset(settings.code),
    memorySize: settings.memoryMiB,
    ephemeralStorageSize: Size.mebibytes(settings.ephemeralStorageMiB ?? 512),
    timeout: Duration.seconds(settings.timeoutSeconds),
    environment: {
      ...settings.environment,
      [ENVIRONMENT.deployment]: deploymentOf(pipeline),
      NODE_OPTIONS: '--enable-source-maps',
    },
    tracing: Tracing.ACTIVE,
    role,
    logGroup,
  });
  for (const part of settings.statements.flatMap(inPolicySize)) lambda.addToRolePolicy(part);
  return lambda;
}
