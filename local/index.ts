/** `ebbtide/local`: runs a pipeline on this machine, as it would be deployed. */

export type { Denial, ResultFile } from '../history/events.ts';
export type { ReapSummary } from '../lambdas/reaper/summary.ts';
export type { OnProgress, ProgressEvent } from './progress.ts';
export { type ReapLocallyOptions, reapLocally } from './reap-locally.ts';
export { type RunLocallyOptions, runLocally } from './run-locally.ts';
export { type Stopped, type StopRunOptions, stopRun } from './stop-run.ts';
