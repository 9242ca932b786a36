/**
 * Pipelines that are deployed, seen from outside: found by their tags, their runs started, listed, followed, stopped, resumed
 * and reaped, with the user's own AWS settings. It loads the SDK: whoever only asks whether AWS is set up imports `settings.ts`.
 */

export { AwsError, type AwsErrorCode } from './errors.ts';
export {
  ambiguous,
  type Deployed,
  findPipelines,
  pipelineOf,
  pipelinesIn,
  type Search,
  searchPipelines,
  theDeploymentOf,
} from './find-pipelines.ts';
export { invokeReaper } from './reaper-function.ts';
export { RunsOnAws, type RunsOnAwsOptions, type Started } from './runs-on-aws.ts';
export { type AwsSettings, hasAwsSettings } from './settings.ts';
export type { StartOptions } from './start-run.ts';
