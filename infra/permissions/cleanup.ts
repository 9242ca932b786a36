import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { HOLDERS, LEASE, RESULT_RECORD } from '../../state-machines/contract/keys.ts';
import { emptyRunsStatements } from './empty-runs.ts';
import type { PipelineData } from './pipeline-data.ts';

/** What the cleanup may do: under the pipeline's runs read records, note how a run ends, and delete; see what results there are. */
export function cleanupStatements(data: PipelineData): PolicyStatement[] {
  const { pipeline, runs, results } = data;
  const inRuns = (...paths: readonly string[]) => paths.map((path) => runs.arnForObjects(`runs/${pipeline}/*/${path}`));
  return [
    // Outputs have names that begin with a letter.
    new PolicyStatement({ sid: 'ReadRecords', actions: ['s3:GetObject'], resources: inRuns('_*.json') }),
    new PolicyStatement({
      sid: 'NoteTheEnd',
      actions: ['s3:PutObject'],
      resources: inRuns(LEASE, RESULT_RECORD, `${HOLDERS}*`),
    }),
    new PolicyStatement({
      sid: 'SeeResults',
      actions: ['s3:ListBucket'],
      resources: [results.bucketArn],
      conditions: { StringLike: { 's3:prefix': `results/${pipeline}/*` } },
    }),
    ...emptyRunsStatements(data),
  ];
}
