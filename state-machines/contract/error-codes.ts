/**
 * Every code under which somebody meets an error of Ebbtide's, by where it is met. docs/errors.md says of each what it
 * means and what to do. Codes are API: scripts, alarms, `Retry` and `Catch` match them.
 */

/** Wrong use: of the command line, of `runLocally`, of the construct. */
export const USAGE_CODES = [
  'AmbiguousDeployment',
  'AmbiguousRun',
  'FileExists',
  'HandlerInvalid',
  'HandlerMissing',
  'InvalidInput',
  'InvalidOption',
  'InvalidRunId',
  'NotDeployed',
  'NotPermitted',
  'NotResumable',
  'NotRunning',
  'PipelineInvalid',
  'RunExists',
  'UnknownPipeline',
  'UnknownRun',
  'UnknownTask',
] as const;

/** A graph that cannot be built or compiled: `GraphError.problems[].code`. */
export const GRAPH_CODES = [
  'Cycle',
  'UnresolvedDataRef',
  'DuplicateTask',
  'DuplicateOutput',
  'InvalidName',
  'InvalidResource',
  'EmptyGraph',
  'UnknownTask',
  'InvalidRetry',
  'InvalidTask',
  'UnresolvedCondition',
  'InvalidCondition',
  'InvalidEach',
  'HookCycle',
  'InvalidHookInput',
  'InvalidHook',
  'InvalidGroup',
  'LimitExceeded',
] as const;

/** What crosses a boundary (a name, an event, a stored record) and is not as agreed. */
export const CONTRACT_CODES = ['InvalidName', 'InvalidEvent', 'InvalidRecord'] as const;

/** Names of the error that a run ends with. */
export const RUN_CODES = ['TaskFailed', 'RunFailed', 'FinallyFailed', 'CleanupFailed', 'ResumeRefused'] as const;

/** Names of the error that a task fails with, where it is not one that its handler threw. */
export const TASK_CODES = [
  'NonRetryableError',
  'InvalidData',
  'InputMissing',
  'TaskTimedOut',
  'ChunksFailed',
  'CommitRefused',
  'CredentialsProviderError',
  'InjectedFailure',
  'Stopped',
  'ForeignKey',
] as const;

/** Names of errors that Lambda and Step Functions report, and their stand-ins on this machine. */
export const SERVICE_CODES = [
  'AccessDenied',
  'Lambda.AWSLambdaException',
  'Runtime.ExitError',
  'Runtime.HandlerNotFound',
  'Runtime.OutOfMemory',
  'Sandbox.Timedout',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.ItemReaderFailed',
  'States.Permissions',
  'States.Runtime',
  'States.Timeout',
] as const;

/** The command line could not ask AWS, or AWS refused; or what was asked for was not done. */
export const AWS_CODES = [
  /** There are none, they have expired, or AWS does not know them. */
  'AwsCredentials',
  /** The credentials may not do it. */
  'AwsDenied',
  /** Any other answer that is none. */
  'AwsFailed',
  /** No region is known. */
  'AwsRegion',
  /** AWS would not take so many requests, for minutes. */
  'AwsThrottled',
  /** There was no answer. */
  'AwsUnreachable',
  /** A run is over, but what it left to do is not begun, and should be long since. */
  'NotFinalized',
  /** The reaper function failed, or is none. */
  'ReaperFailed',
] as const;

/** Of the command line itself. */
export const CLI_CODES = ['InvalidCommand', 'NodeTooOld', 'SystemError', 'Unexpected'] as const;

export type UsageErrorCode = (typeof USAGE_CODES)[number];
export type GraphProblemCode = (typeof GRAPH_CODES)[number];
export type ContractErrorCode = (typeof CONTRACT_CODES)[number];
export type RunErrorCode = (typeof RUN_CODES)[number];
export type TaskErrorCode = (typeof TASK_CODES)[number];
export type AwsErrorCode = (typeof AWS_CODES)[number];
export type CliErrorCode = (typeof CLI_CODES)[number];

export const ERROR_CODES: ReadonlySet<string> = new Set([
  ...USAGE_CODES,
  ...GRAPH_CODES,
  ...CONTRACT_CODES,
  ...RUN_CODES,
  ...TASK_CODES,
  ...SERVICE_CODES,
  ...AWS_CODES,
  ...CLI_CODES,
]);
