import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { PipelineData } from './pipeline-data.ts';

/** What it takes to find the pipeline's runs and to delete all that is in them. */
export function emptyRunsStatements({ pipeline, runs }: PipelineData): PolicyStatement[] {
  const prefix = `runs/${pipeline}/*`;
  return [
    new PolicyStatement({
      sid: 'EmptyRuns',
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
      resources: [runs.arnForObjects(prefix)],
    }),
    new PolicyStatement({
      // The star stands for nothing too: for the prefix of all runs, by which the reaper finds them.
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
