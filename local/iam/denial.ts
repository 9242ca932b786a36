/** What is told of a call that IAM denies. */

import type { Denial } from '../../history/events.ts';
import { CHUNKS, EXECUTIONS } from '../../state-machines/contract/keys.ts';
import { LOCAL_BUCKETS } from '../assembly-model.ts';
import type { Call, Principal, Statement } from './permissions.ts';
import type { Decision } from './simulator.ts';

export function denialOf(principal: Principal, call: Call, { deniedBy }: Decision): Denial {
  const { who, role } = principal;
  const { action, resource } = call;
  const what = `${who} (role ${role}) may not ${action} on ${resource}`;
  const message = deniedBy
    ? `${what}: a statement of ${deniedBy.of === 'role' ? 'its role' : "the bucket's policy"} denies it, whatever else allows it: ${JSON.stringify(deniedBy.statement)}`
    : `${what}: no statement of its role allows it${MEND}${allowing(principal, call)}`;
  return { who, role, action, resource, message };
}

/** As the one who was denied is told, and with that the task's error and the run's: what would allow it is told once. */
export function shortly({ message }: Denial): string {
  return message.split(MEND, 1)[0] ?? message;
}

const MEND = '. This one would, where the pipeline is deployed: ';

export function unknownRequest({ who, role }: Principal, request: string, resource: string): Denial {
  const message = `${who} (role ${role}) may not ${request} on ${resource}: the local S3 endpoint does not know which action that is, so it cannot tell whether the role allows it`;
  return { who, role, action: request, resource, message };
}

/** As the user would write it for a function of theirs; as IAM has it for another role. */
function allowing({ task }: Principal, { action, resource, context = {} }: Call): string {
  const prefix = context['s3:prefix'];
  const condition = prefix === undefined ? undefined : { StringLike: { 's3:prefix': ofAnyRun(prefix) } };
  if (task === undefined) {
    const statement: Statement = { Effect: 'Allow', Action: action, Resource: resource };
    return JSON.stringify({ ...statement, ...(condition && { Condition: condition }) });
  }
  const conditions = condition ? `, conditions: ${JSON.stringify(condition)}` : '';
  return `pipeline.functions[${JSON.stringify(task)}]?.addToRolePolicy(new PolicyStatement({ actions: [${JSON.stringify(action)}], resources: [${inStack(resource)}]${conditions} }))`;
}

/** The buckets have other names where they are deployed. */
function inStack(arn: string): string {
  const [, bucket, key] = /^arn:aws:s3:::([^/]+)(?:\/(.*))?$/s.exec(arn) ?? [];
  const names = { [LOCAL_BUCKETS.runs]: 'pipeline.runsBucket', [LOCAL_BUCKETS.results]: 'pipeline.resultsBucket' };
  const construct = names[bucket ?? ''];
  if (construct === undefined) return JSON.stringify(arn);
  return key === undefined ? `${construct}.bucketArn` : `${construct}.arnForObjects(${JSON.stringify(ofAnyRun(key))})`;
}

/** With stars for the run, the attempt, and the chunk or the execution. */
function ofAnyRun(key: string): string {
  const [root = '', pipeline = '', run, ...rest] = key.split('/');
  if (run === undefined || !['runs', 'results'].includes(root)) return key;
  const folders = rest.map((folder, index) => {
    const above = `${rest[index - 1]}/`;
    return /^\d+-[0-9a-f]{8}$/.test(folder) || above === CHUNKS || above === EXECUTIONS ? '*' : folder;
  });
  return [root, pipeline, '*', ...folders].join('/');
}

/** The same for calls of which one need be told. */
export function kindOf({ who, action, resource }: Denial, prefix?: string): string {
  return JSON.stringify([
    who,
    action,
    prefix && ofAnyRun(prefix),
    resource.replace(/(?<=^arn:aws:s3:::[^/]+\/).*$/s, ofAnyRun),
  ]);
}
