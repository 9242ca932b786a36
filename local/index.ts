/** `ebbtide/local`: runs a pipeline on this machine, as it would be deployed. */

export type { ReapSummary } from '../lambdas/reaper/summary.ts';
export type { Denial } from './iam/denial.ts';
export type { OnProgress, ProgressEvent, ResultFile } from './progress.ts';
export { type ReapLocallyOptions, reapLocally } from './reap-locally.ts';
export { type RunLocallyOptions, runLocally } from './run-locally.ts';
export { type Stopped, type StopRunOptions, stopRun } from './stop-run.ts';
