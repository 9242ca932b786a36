import { expect, it } from 'vitest';
import { stackResources } from '../../state-machines/compiler/limit-shares.ts';
import { chunks, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { planOf } from '../graph/graphs.ts';
import { newStack, synthesizeIn, temporaryFolder, writeTinyHandlers } from './fixtures.ts';

const folder = temporaryFolder();

it.each<[string, Plan]>([
  ['three tasks', planOf('a -> b -> c')],
  ['chunks and hooks', withChunksAndHooks()],
])('a deployment of %s has as many resources as a plan reckons with', (name, plan) => {
  const stack = newStack(`${folder}/${name}`);
  const { template } = synthesizeIn(stack, { plan, handlers: writeTinyHandlers(`${folder}/${name}-handlers`, plan) });
  expect(Object.keys(template.toJSON()['Resources'])).toHaveLength(stackResources(plan));
});

function withChunksAndHooks(): Plan {
  const graph = new TaskGraph('test');
  const list = graph.addTask('list', { outputs: { days: chunks() } });
  graph.addTask('each', { each: list.outputs.days, maxConcurrency: 100 });
  graph.addTask('scan', { each: list.outputs.days, maxConcurrency: 100 });
  graph.addErrorsTask('alarm');
  graph.addAfterExecutionTask('notify');
  return graph.build();
}
