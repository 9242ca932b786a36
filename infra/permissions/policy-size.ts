import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** CDK spreads statements over policies of the size that IAM takes, but never splits one. */
export const RESOURCES_A_STATEMENT = 20;

/** The same statement over a few resources at a time; none where it has no resource. */
export function inPolicySize(statement: PolicyStatement): PolicyStatement[] {
  const { resources, sid } = statement;
  const parts: PolicyStatement[] = [];
  for (let start = 0; start < resources.length; start += RESOURCES_A_STATEMENT) {
    const some = resources.slice(start, start + RESOURCES_A_STATEMENT);
    const number = start === 0 ? '' : String(parts.length + 1);
    parts.push(statement.copy({ sid: `${sid ?? ''}${number}`, resources: some }));
  }
  return parts;
}
