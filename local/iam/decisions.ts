/**
 * Decisions, each made once: a simulation takes a millisecond, and a run asks thousands of times.
 *
 * What a policy says of a resource depends on which patterns the resource matches, and on nothing else of it; of the
 * condition keys, on those that it names. So calls that look the same to the policies have one decision, but where these
 * look at the time or fill variables in.
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
  readonly #patterns = new WeakMap<Principal, Map<string, Look | undefined>>();

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
      known.set(bucket, lookOf(ofBucket ? [...ofRole, ofBucket] : ofRole));
    }
    const looked = known.get(bucket);
    if (!looked) return undefined;
    const matches = looked.patterns.map((pattern) => (pattern.test(resource) ? '1' : '0')).join('');
    const seen = Object.entries(context).filter(([key]) => looked.text.includes(key.toLowerCase()));
    return JSON.stringify([action, bucket, matches, seen.sort()]);
  }
}

function within<V>(maps: WeakMap<Principal, Map<string, V>>, principal: Principal): Map<string, V> {
  const found = maps.get(principal) ?? new Map<string, V>();
  maps.set(principal, found);
  return found;
}

/** What policies look at in a call: patterns of its resource, and the condition keys that their text names. */
interface Look {
  readonly patterns: readonly RegExp[];
  readonly text: string;
}

/** @returns undefined where calls that look the same may have different decisions */
function lookOf(documents: readonly PolicyDocument[]): Look | undefined {
  const text = JSON.stringify(documents).toLowerCase();
  if (/\$\{|aws:(currenttime|epochtime)/.test(text)) return undefined;
  const resources = documents.flatMap(({ Statement }) =>
    Statement.flatMap(({ Resource = [], NotResource = [] }) => [Resource, NotResource].flat() as string[]),
  );
  const patterns = [...new Set(resources)].map(
    (pattern) => new RegExp(`^${RegExp.escape(pattern).replaceAll('\\*', '[^]*').replaceAll('\\?', '[^]')}$`, 'u'),
  );
  return { patterns, text };
}

function bucketIn(resource: string): string | undefined {
  return /^arn:aws:s3:::([^/]+)/.exec(resource)?.[1];
}
