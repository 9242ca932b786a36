/**
 * Each statement of each role, taken away: what happens then to a run that needs it. That every statement is needed at
 * all is shown by test/local/iam/every-statement.test.ts.
 */

import { describe, expect, it } from 'vitest';
import { Decisions } from '../../local/iam/decisions.ts';
import { Guard } from '../../local/iam/guard.ts';
import type { Call, Permissions, Principal, Statement } from '../../local/iam/permissions.ts';
import { loadSimulator, type Simulate } from '../../local/iam/simulator.ts';
import { STORIES } from '../local/iam/stories.ts';
import { synthesizeAll, World } from '../local/iam/world.ts';

interface Told {
  /** Principals that were denied something. */
  readonly denied: ReadonlySet<string>;
  /** What each asked for: `the reaper s3:PutObject`. */
  readonly asked: ReadonlySet<string>;
  /** How each execution and each finalizer ended, and what objects there are. */
  readonly outcome: string;
}

/** Only AWS itself does it. */
const NOT_SEEN_HERE = /^(the state machine|the finalizer): (logs:|xray:|states:Describe)|^the reaper: sqs:/;

/**
 * Without them the same may be done, and only the denial tells: nobody reads what a function logs, and what a task does
 * not release is there until the cleanup takes it.
 */
const ONLY_TOLD = /: (logs:|xray:|ReleaseInputs$|SeeOtherConsumers$)/;

const simulate = (await loadSimulator()) as Simulate;
const assembly = synthesizeAll();
assembly.dispose();
const { permissions } = assembly;
// Principals are the same objects in all runs, so that what is decided about them once holds for all.
const decisions = new Decisions(simulate, permissions.bucketPolicies);
const whole = new Map<string, Told>();
for (const title of Object.keys(STORIES)) whole.set(title, await play(title, permissions));

describe('without a statement a run that needs it fails, or does not do all of its work, and it is told why', () => {
  for (const { principal, statement, name } of statementsOf(permissions)) {
    if (NOT_SEEN_HERE.test(name)) continue;
    it(name, async () => {
      const reduced = without(permissions, principal, statement);
      let denied = false;
      let differs = false;
      for (const [title, { asked, outcome }] of whole) {
        if (![statement.Action ?? []].flat().some((action) => asked.has(`${principal.who} ${action}`))) continue;
        const told = await play(title, reduced);
        denied ||= told.denied.has(principal.who);
        differs ||= told.outcome !== outcome;
        if (denied && (differs || ONLY_TOLD.test(name))) break;
      }
      expect({ denied, seen: differs || ONLY_TOLD.test(name) }).toEqual({ denied: true, seen: true });
    });
  }
});

async function play(title: string, allowed: Permissions): Promise<Told> {
  const asked = new Set<string>();
  const noting = new (class extends Decisions {
    override decide(principal: Principal, call: Call) {
      asked.add(`${principal.who} ${call.action}`);
      return decisions.decide(principal, call);
    }
  })(simulate, allowed.bucketPolicies);
  const world = await World.open(
    { ...assembly, permissions: allowed },
    (onDenied) => new Guard(allowed, simulate, onDenied, noting),
  );
  try {
    await STORIES[title]?.(world);
    const ends = [world.account.pipeline, world.account.finalizers].map((machine) =>
      machine.list().map(({ name }) => {
        const { status, error, output, cause } = machine.describe(name) ?? {};
        return [name, status, error, statusesIn(output ?? cause)];
      }),
    );
    const keys = (await world.keys()).map((key) => key.replace(/-[0-9a-f]{8}\//, '-#/')).sort();
    return { asked, denied: new Set(world.denials.map(({ who }) => who)), outcome: JSON.stringify([ends, keys]) };
  } finally {
    await world.close();
  }
}

function statusesIn(text: string | undefined): string[] {
  return (text ?? '').match(/"(status|name|resultKey|left)":("[^"]*"|\d+)/g) ?? [];
}

function* statementsOf({ functions, stateMachine, finalizer }: Permissions) {
  for (const principal of [...functions.values(), stateMachine, finalizer]) {
    for (const { document } of principal.policies)
      for (const statement of document.Statement)
        yield { principal, statement, name: `${principal.who}: ${statement.Sid ?? [statement.Action].flat()[0]}` };
  }
}

function without(permissions: Permissions, principal: Principal, statement: Statement): Permissions {
  const policies = principal.policies
    .map((policy) => ({
      ...policy,
      document: { ...policy.document, Statement: policy.document.Statement.filter((other) => other !== statement) },
    }))
    .filter(({ document }) => document.Statement.length > 0);
  const reduced = { ...principal, policies };
  const replaced = (other: Principal) => (other === principal ? reduced : other);
  return {
    ...permissions,
    functions: new Map([...permissions.functions].map(([arn, other]) => [arn, replaced(other)])),
    stateMachine: replaced(permissions.stateMachine),
    finalizer: replaced(permissions.finalizer),
  };
}
