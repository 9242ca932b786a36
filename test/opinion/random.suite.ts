/** Random graphs with random failures on the second engine, held against the model that ours is held against. */

import { describe, it, vi } from 'vitest';
import { fc } from '../fast-check.ts';
import { type Case, cases } from '../semantics/arbitraries.ts';
import { expectToFollowTheRules } from '../semantics/check.ts';
import { execute } from '../semantics/run.ts';
import { planOf } from '../semantics/spec.ts';

vi.mock('../../local/interpreter.ts', () => import('./second.ts'));

describe('a run on the second engine follows the rules', () => {
  it.each<[numRuns: number, of: string, arbitrary: fc.Arbitrary<Case>]>([
    [80, 'any graph', cases(1, 8, 0)],
    [150, 'any graph with hooks and groups', cases(1, 8, 6)],
    [10, 'any larger graph', cases(12, 25, 8)],
  ])('in %i runs of %s', { timeout: 300_000 }, (numRuns, _, arbitrary) =>
    fc.assert(
      fc.asyncProperty(arbitrary, async ({ spec, behaviour }) => {
        expectToFollowTheRules(spec, behaviour, await execute(planOf(spec), behaviour));
      }),
      { numRuns, endOnFailure: true },
    ),
  );
});
