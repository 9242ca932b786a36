import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Plan } from '../../state-machines/graph/plan.ts';

/** Whose functions may do something, and with which buckets. */
export interface PipelineData {
  readonly pipeline: string;
  readonly plan: Plan;
  readonly runs: Bucket;
  readonly results: Bucket;
}
