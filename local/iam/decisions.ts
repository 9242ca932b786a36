/**
 * Decisions, each made once: a simulation takes a millisecond, and a run asks thousands of times.
 *
 * What a policy says of a resource depends on which patterns the resource matches, and on nothing else of it. So calls
 * whose resources match the same patterns have one decision, but where a policy looks at the time or fills variables in.
 */

import type { Call, Permissions, PolicyDocument, Principal } from './permissions.ts';
import type { Decision, Simulate } from './simulator.ts';

export class Decisions {
  /** How often it was asked, and how often a simulation was needed. */
  asked = 0;
  simulated = 0;
  /** In simulations, where several may wait for each other. */
  milliseconds = 0;
  readonly #simulate: Simulate;
  readonly #bucketPolicies: Permissions['bucketPolicies'];
  readonly #made = new WeakMap<Principal, Map<string, Promise<Decision>>>();
  /** By principal and bucket. */
  readonly #patterns = new WeakMap<Principal, Map<string, readonly RegExp[] | undefined>>();

  constructor(simulate: Simulate, bucketPolicies: Permissions['bucketPolicies']) {
    this.#simulate = simulate;
    this.#bucketPolicies = bucketPolicies;
  }

  decide(principal: Principal, call: Call): Promise<Decision> {
    this.asked += 1;
    const bucket = bucketIn(call.resource) ?? '';
    const key = this.#keyOf(principal, call, bucket);
    if (key === undefined) return this.#simulated(principal, call, bucket);
    const made = within(this.#made, principal);
    const decision = made.get(key) ?? this.#simulated(principal, call, bucket);
    made.set(key, decision);
    return decision;
  }

  async #simulated(principal: Principal, call: Call, bucket: string): Promise<Decision> {
    this.simulated += 1;
    const began = performance.now();
    try {
      return await this.#simulate(principal, call, this.#bucketPolicies.get(bucket));
    } finally {
      this.milliseconds += performance.now() - began;
    }
  }

  /** The same for calls that have the same decision. */
  #keyOf(principal: Principal, { action, resource, context = {} }: Call, bucket: string): string | undefined {
    const known = within(this.#patterns, principal);
    if (!known.has(bucket)) {
      const ofBucket = this.#bucketPolicies.get(bucket);
      const ofRole = principal.policies.map(({ document }) => document);
      known.set(bucket, patternsIn(ofBucket ? [...ofRole, ofBucket] : ofRole));
    }
    const matches = known.get(bucket)?.map((pattern) => (pattern.test(resource) ? '1' : '0'));
    return matches && JSON.stringify([action, bucket, matches.join(''), Object.entries(context).sort()]);
  }
}

function within<V>(maps: WeakMap<Principal, Map<string, V>>, principal: Principal): Map<string, V> {
  const found = maps.get(principal) ?? new Map<string, V>();
  maps.set(principal, found);
  return found;
}

/** @returns undefined where the same patterns may not mean the same decision */
function patternsIn(documents: readonly PolicyDocument[]): RegExp[] | undefined {
  if (/\$\{|aws:(CurrentTime|EpochTime)/i.test(JSON.stringify(documents))) return undefined;
  const patterns = documents.flatMap(({ Statement }) =>
    Statement.flatMap(({ Resource = [], NotResource = [] }) => [Resource, NotResource].flat() as string[]),
  );
  return [...new Set(patterns)].map(
    (pattern) => new RegExp(`^${RegExp.escape(pattern).replaceAll('\\*', '[^]*').replaceAll('\\?', '[^]')}$`, 'u'),
  );
}

function bucketIn(resource: string): string | undefined {
  return /^arn:aws:s3:::([^/]+)/.exec(resource)?.[1];
}
