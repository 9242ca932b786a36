/** Who may do what: the roles of functions and machines with their policies, and the policies of buckets. */

import { ENVIRONMENT } from '../../state-machines/contract/environment.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { ACCOUNT, functionArn, REGION, stateMachineArn } from '../assembly-model.ts';
import type { Call, Permissions, Policy, PolicyDocument, Principal } from '../iam/permissions.ts';
import type { Resolve } from './intrinsics.ts';
import { type Resource, resourcesOf, type Template } from './template.ts';

export interface Machines {
  /** Logical ids. */
  readonly stateMachine: string;
  readonly finalizer: string;
}

export function readPermissions(template: Template, resolve: Resolve, machines: Machines, plan: Plan): Permissions {
  const policies = policiesByRole(template, resolve);
  const principalOf = (role: unknown, session: string): Omit<Principal, 'who'> => {
    const roleName = String(resolve(role)).split('/').at(-1) ?? '';
    return {
      role: roleName,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleName}/${session}`,
      policies: policies.get(roleName) ?? [],
    };
  };
  const machineOf = (id: string, who: string): Principal => ({
    who,
    machine: stateMachineArn(id),
    ...principalOf(template.Resources[id]?.Properties['RoleArn'], id),
  });
  const functions = resourcesOf(template, 'AWS::Lambda::Function').map(({ id, Properties }) => {
    const principal: Principal = {
      ...principalOf(Properties['Role'], id),
      ...inWords(Properties, plan),
      byLambda: callsByLambda(id, Properties, resolve),
    };
    return [functionArn(id), principal] as const;
  });
  const ofBuckets = resourcesOf(template, 'AWS::S3::BucketPolicy').map(
    ({ Properties: { Bucket, PolicyDocument } }) =>
      [resolve(Bucket) as string, documentOf(PolicyDocument, resolve)] as const,
  );
  return {
    functions: new Map(functions),
    stateMachine: machineOf(machines.stateMachine, 'the state machine'),
    finalizer: machineOf(machines.finalizer, 'the finalizer'),
    bucketPolicies: new Map(ofBuckets),
  };
}

/** Inline ones, attached ones, and those that CDK puts what does not fit into. */
function policiesByRole(template: Template, resolve: Resolve): Map<string, Policy[]> {
  const byRole = new Map<string, Policy[]>();
  const add = (role: unknown, name: string, document: unknown) => {
    const roleName = String(resolve(role));
    byRole.set(roleName, [...(byRole.get(roleName) ?? []), { name, document: documentOf(document, resolve) }]);
  };
  for (const { id, Properties } of resourcesOf(template, 'AWS::IAM::Role')) {
    for (const { PolicyName, PolicyDocument } of Properties['Policies'] ?? [])
      add({ Ref: id }, String(resolve(PolicyName)), PolicyDocument);
  }
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']) {
    for (const { id, Properties } of resourcesOf(template, type))
      for (const role of Properties['Roles'] ?? []) add(role, id, Properties['PolicyDocument']);
  }
  return byRole;
}

function documentOf(document: unknown, resolve: Resolve): PolicyDocument {
  const { Statement, ...rest } = resolve(document) as PolicyDocument;
  return { ...rest, Statement: [Statement].flat() };
}

function inWords({ Environment }: Resource['Properties'], plan: Plan): Pick<Principal, 'who' | 'task'> {
  const variables = Environment?.Variables ?? {};
  const task = variables[ENVIRONMENT.task];
  if (typeof task !== 'string') return { who: ENVIRONMENT.stateMachine in variables ? 'the reaper' : 'the cleanup' };
  const hook = plan.hook(task)?.hook;
  return { who: `${hook ? `${hook} task` : 'task'} "${task}"`, task };
}

/** What the Lambda service does in the function's role: its log stream, its lines, its traces. */
function callsByLambda(id: string, { LoggingConfig, TracingConfig }: Resource['Properties'], resolve: Resolve): Call[] {
  const group = LoggingConfig?.LogGroup === undefined ? `/aws/lambda/${id}` : resolve(LoggingConfig.LogGroup);
  const stream = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}:log-stream:2026/01/01/[$LATEST]0`;
  const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource: stream }));
  const traced = TracingConfig?.Mode === 'Active' ? ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'] : [];
  return [...logs, ...traced.map((action) => ({ action, resource: '*' }))];
}
