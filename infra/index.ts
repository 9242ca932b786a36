/** `ebbtide/cdk`: deploys a pipeline from any CDK app. */

export type { PipelineAlarms } from './operation/alarms.ts';
export { Pipeline, type PipelineProps } from './pipeline.ts';
export type { PipelineSchedule } from './schedule.ts';
