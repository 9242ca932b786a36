/** What a stack gives a name itself: no two stacks of an account and region the same, whatever they and their parts are called. */

import { join } from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { expect, it } from 'vitest';
import { createStateMachine } from '../../infra/state-machines.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { fc } from '../fast-check.ts';
import { temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();

const DEFINITION = { StartAt: 'End', States: { End: { Type: 'Succeed' } } } as unknown as Definition;

/** The names of the log groups of a pipeline's two machines. */
function logGroupNames(scope: Construct): string[] {
  for (const id of ['StateMachine', 'Finalizer']) {
    createStateMachine(scope, id, { comment: '', definition: DEFINITION, functions: {} });
  }
  const groups = scope.node.findAll().filter((it) => it instanceof CfnLogGroup);
  return groups.map(({ logGroupName }) => Stack.of(scope).resolve(logGroupName));
}

const stackNames = fc.oneof(fc.constantFrom('Flights', 'a', 'a-b'), fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,127}$/));
const ids = fc.array(
  fc.oneof(fc.constantFrom('Flights', 'Finalizer', 'a', 'b', 'a-b', 'ü'), fc.stringMatching(/^[A-Z][^/]{0,80}$/)),
  {
    minLength: 1,
    maxLength: 3,
  },
);

it('log groups of one stack and another, and of any two pipelines in them, have different names, which CloudWatch takes', () => {
  const place = fc.record({ stackName: stackNames, ids });
  fc.assert(
    fc.property(
      fc.uniqueArray(place, { minLength: 2, maxLength: 2, selector: (it) => JSON.stringify(it) }),
      (places) => {
        const names = places.flatMap(({ stackName, ids }) => {
          // An app each: the same ids are the same paths, and all that differs is the name of the stack.
          const stack = new Stack(new App({ outdir: join(folder, 'any'), analyticsReporting: false }), 'Stack', {
            stackName,
          });
          return logGroupNames(ids.reduce<Construct>((scope, id) => new Construct(scope, id), stack));
        });
        expect(new Set(names).size).toBe(4);
        for (const name of names) expect(name).toMatch(/^\/aws\/vendedlogs\/states\/[A-Za-z0-9._/#-]{1,200}$/);
      },
    ),
    { numRuns: 25 },
  );
});

it('a stack in two stages has log groups of different names', () => {
  const app = new App({ outdir: join(folder, 'stages'), analyticsReporting: false });
  const names = ['Staging', 'Production'].flatMap((stage) => {
    const stack = new Stack(new Stage(app, stage), 'Stack');
    return logGroupNames(stack);
  });
  expect(new Set(names).size).toBe(4);
});
