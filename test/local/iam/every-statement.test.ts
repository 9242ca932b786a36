/**
 * Least privilege: everything that a role is allowed is needed by something that happens, and everything that happens is
 * allowed.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Assembly } from '../../../local/assembly-model.ts';
import { Decisions } from '../../../local/iam/decisions.ts';
import { Guard } from '../../../local/iam/guard.ts';
import type { Call, Permissions, Principal, Statement } from '../../../local/iam/permissions.ts';
import { loadSimulator, type Simulate } from '../../../local/iam/simulator.ts';
import { STORIES } from './stories.ts';
import { synthesizeAll, World } from './world.ts';

let simulate: Simulate;
let assembly: Assembly;
/** What was asked for, by who asked. */
const asked = new Map<Principal, Call[]>();
const ends = new Map<string, { readonly denials: readonly string[]; readonly left: readonly string[] }>();

beforeAll(async () => {
  simulate = (await loadSimulator()) as Simulate;
  assembly = synthesizeAll();
  assembly.dispose();
  const { permissions } = assembly;
  const noting: Simulate = (principal, call, bucketPolicy) => {
    asked.set(principal, [...(asked.get(principal) ?? []), call]);
    return simulate(principal, call, bucketPolicy);
  };
  const decisions = new Decisions(noting, permissions.bucketPolicies);
  for (const [title, story] of Object.entries(STORIES)) {
    const world = await World.open(assembly, (onDenied) => new Guard(permissions, noting, onDenied, decisions));
    await story(world);
    const left = (await world.keys()).filter((key) => key.startsWith('runs/'));
    ends.set(title, { denials: world.denials.map(({ message }) => message), left });
    await world.close();
  }
});

describe.each(Object.keys(STORIES))('%s', (title) => {
  it('with nothing that is denied, and nothing that is left', () => {
    expect(ends.get(title)).toEqual({ denials: [], left: [] });
  });
});

it('what a role is allowed is needed by one of these runs, or by what only AWS does', async () => {
  const unused: string[] = [];
  const excused = new Set<NotSeenHere>();
  for (const [principal, part] of parts(assembly.permissions)) {
    if (await isNeeded(principal, part)) continue;
    const excuse = NOT_SEEN_HERE.find(
      ({ who, sid, actions }) => who.test(principal.who) && sid === part.sid && actions.test(part.action),
    );
    if (excuse) excused.add(excuse);
    else unused.push(`${principal.who}: ${part.sid ?? ''} ${part.action} on ${part.resource}`);
  }
  expect(unused).toEqual([]);
  expect(NOT_SEEN_HERE.filter((excuse) => !excused.has(excuse))).toEqual([]);
});

interface NotSeenHere {
  readonly who: RegExp;
  readonly sid?: string;
  readonly actions: RegExp;
  readonly why: string;
}

const NOT_SEEN_HERE: readonly NotSeenHere[] = [
  {
    who: /^(the state machine|the finalizer)$/,
    actions: /^logs:(\w*LogDeliver\w+|\w+ResourcePolic\w+|DescribeLogGroups)$/,
    why: 'Step Functions sets up the delivery of its log: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html',
  },
  {
    who: /^(the state machine|the finalizer)$/,
    actions: /^xray:/,
    why: 'Step Functions sends traces: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html',
  },
  {
    who: /^the state machine$/,
    actions: /^states:(Describe|Stop)Execution$/,
    why: 'of the children of a Distributed Map: https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html',
  },
  {
    who: /^the reaper$/,
    actions: /^sqs:/,
    why: 'Lambda sends what failed to the queue; the other two come with what the CDK grants for that',
  },
  {
    who: /./,
    sid: 'PublishOwnResults',
    actions: /^s3:AbortMultipartUpload$/,
    why: 'of a copy of more than 5 GB: test/lambdas/storage/copy-large.test.ts',
  },
  {
    who: /^(?!task "bulk")/,
    sid: 'WriteOwnAttempts',
    actions: /^s3:AbortMultipartUpload$/,
    why: 'of an output of many megabytes, of which bulk has the only one',
  },
];

interface Part {
  readonly sid: string | undefined;
  readonly action: string;
  readonly resource: string;
  /** The principal without it. */
  readonly without: Principal;
}

function principalsOf({ functions, stateMachine, finalizer }: Permissions): Principal[] {
  return [...functions.values(), stateMachine, finalizer];
}

/** Each action, on each resource, of each statement of each role. */
function* parts(permissions: Permissions): Generator<[Principal, Part]> {
  for (const principal of principalsOf(permissions)) {
    for (const policy of principal.policies) {
      for (const statement of policy.document.Statement) {
        for (const action of [statement.Action ?? []].flat()) {
          for (const resource of [statement.Resource ?? []].flat()) {
            const Statement = policy.document.Statement.flatMap((other) =>
              other === statement ? without(statement, action, resource) : [other],
            );
            const policies = principal.policies.map((other) =>
              other === policy ? { ...policy, document: { ...policy.document, Statement } } : other,
            );
            yield [principal, { sid: statement.Sid, action, resource, without: { ...principal, policies } }];
          }
        }
      }
    }
  }
}

function without(statement: Statement, action: string, resource: string): Statement[] {
  const actions = [statement.Action ?? []].flat();
  const resources = [statement.Resource ?? []].flat();
  return [
    { ...statement, Action: actions.filter((other) => other !== action) },
    { ...statement, Action: action, Resource: resources.filter((other) => other !== resource) },
  ].filter(({ Action, Resource }) => Action?.length && Resource?.length);
}

async function isNeeded(principal: Principal, { without, action }: Part): Promise<boolean> {
  const { bucketPolicies } = assembly.permissions;
  for (const call of asked.get(principal) ?? []) {
    if (call.action !== action) continue;
    const policy = bucketPolicies.get(/^arn:aws:s3:::([^/]+)/.exec(call.resource)?.[1] ?? '');
    const [before, after] = [await simulate(principal, call, policy), await simulate(without, call, policy)];
    if (before.allowed && !after.allowed) return true;
  }
  return false;
}
