/** `ebbtide/cdk`: deploys a pipeline from any CDK app. */

export { Pipeline, type PipelineProps } from './pipeline.ts';
