import { describe, it } from 'vitest';
import { fc } from '../fast-check.ts';
import { type Case, cases } from './arbitraries.ts';
import { expectToFollowTheRules } from './check.ts';
import { execute } from './run.ts';
import { planOf } from './spec.ts';

describe('a run follows the rules', () => {
  it.each<[numRuns: number, of: string, arbitrary: fc.Arbitrary<Case>]>([
    [500, 'any graph', cases(1, 8, 0)],
    [900, 'any graph with hooks and groups', cases(1, 8, 6)],
    [100, 'any larger graph', cases(12, 25, 8)],
  ])('in %i runs of %s', (numRuns, _, arbitrary) =>
    fc.assert(
      fc.asyncProperty(arbitrary, async ({ spec, behaviour }) => {
        expectToFollowTheRules(spec, behaviour, await execute(planOf(spec), behaviour));
      }),
      { numRuns },
    ),
  );
});
