import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { expect, it } from 'vitest';
import { inPolicySize } from '../../infra/permissions/policy-size.ts';

/** A managed policy takes 6,144 characters, and CDK moves whole statements only. */
const RESOURCE = `arn:aws:s3:::${'b'.repeat(63)}/runs/${'p'.repeat(63)}/*/${'t'.repeat(63)}/`;

it('a statement over many resources is split so that each part fits a policy, and none is lost', () => {
  const resources = Array.from({ length: 45 }, (_, index) => RESOURCE + index);
  const statement = new PolicyStatement({ sid: 'ReadInputs', actions: ['s3:GetObject'], resources });
  const parts = inPolicySize(statement);
  expect(parts.flatMap((part) => part.resources)).toEqual(resources);
  expect(parts.map(({ sid }) => sid)).toEqual(['ReadInputs', 'ReadInputs2', 'ReadInputs3']);
  for (const part of parts) expect(JSON.stringify(part.toStatementJson()).length).toBeLessThan(6_000);
});

it('a statement over no resource is none', () => {
  expect(inPolicySize(new PolicyStatement({ sid: 'CopyOwnResults', actions: ['s3:GetObject'] }))).toEqual([]);
});
