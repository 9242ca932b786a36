import { Bucket } from 'aws-cdk-lib/aws-s3';
import { taskStatements } from '../../infra/permissions/task.ts';
import type { Plan } from '../../state-machines/index.ts';
import { newStack, temporaryFolder } from './fixtures.ts';

const outdir = temporaryFolder();

/** What a role may do, as `action key`, and the prefixes that it may list. */
export function allowedTo(plan: Plan, name: string): string[] {
  const stack = newStack(outdir);
  const [runs, results] = ['runs', 'results'].map((bucket) => Bucket.fromBucketName(stack, bucket, bucket) as Bucket);
  const task = plan.task(name) ?? plan.hook(name);
  if (!task || !runs || !results) throw new Error(name);
  return taskStatements(task, { pipeline: plan.pipeline, plan, runs, results }).flatMap((statement) => {
    const { Action, Resource = [], Condition } = stack.resolve(statement.toStatementJson());
    const keys = [Resource].flat().map((arn) => JSON.stringify(arn).replace(/^.*:s3:::\w+\/?|"\]\]\}$/g, ''));
    const listed = [Condition?.StringLike['s3:prefix'] ?? []].flat();
    return [Action]
      .flat()
      .flatMap((action: string) => (listed.length > 0 ? listed : keys).map((key) => `${action} ${key}`));
  });
}
