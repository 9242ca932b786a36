import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { expect, it } from 'vitest';
import { deploymentOf } from '../../../infra/operation/deployment.ts';
import { temporaryFolder } from '../fixtures.ts';

const outdir = temporaryFolder();
const newApp = () => new App({ outdir });

const inStack = (stack: Construct) => deploymentOf(new Construct(new Construct(stack, 'Data'), 'Flights'));

it('a deployment is told by the stack’s name and the way to the construct', () => {
  expect(inStack(new Stack(newApp(), 'Staging'))).toBe('Staging/Data/Flights');
  expect(inStack(new Stack(newApp(), 'Staging', { stackName: 'flights-eu' }))).toBe('flights-eu/Data/Flights');
});

it('two stages, and two nested stacks, are two deployments', () => {
  const app = newApp();
  const stages = ['Beta', 'Prod'].map((name) => inStack(new Stack(new Stage(app, name), 'Etl')));
  expect(stages).toEqual(['Beta-Etl/Data/Flights', 'Prod-Etl/Data/Flights']);
  const stack = new Stack(app, 'Etl');
  const nested = ['One', 'Two'].map((name) => inStack(new NestedStack(stack, name)));
  expect(nested).toEqual(['Etl/One/Data/Flights', 'Etl/Two/Data/Flights']);
});

it('CloudWatch takes it, whatever constructs are called', () => {
  const deployment = deploymentOf(new Construct(new Stack(newApp(), 'Etl'), `Flüge'"\\${'x'.repeat(300)}`));
  expect(deployment).toMatch(/^Etl\/Fl\?ge\?\?\?x+$/);
  expect(deployment).toHaveLength(255);
});
