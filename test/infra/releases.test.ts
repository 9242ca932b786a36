/** What an update of a deployed stack keeps: from release to release, and from one setting of a pipeline to another. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import type { PipelineProps } from '../../infra/index.ts';
import { json, TaskGraph } from '../../state-machines/index.ts';
import { synthesizeEverything } from './everything.ts';
import { newStack, synthesizeIn, temporaryFolder, writeTinyHandlers } from './fixtures.ts';
import { type Stateful, statefulOf } from './stateful.ts';

const folder = temporaryFolder();
const RELEASES = join(import.meta.dirname, 'releases');

/** What `statefulOf` told of the pipeline of everything.ts when it was released. */
const releases = readdirSync(RELEASES).map((file) => [
  file.replace('.json', ''),
  JSON.parse(readFileSync(join(RELEASES, file), 'utf8')) as Record<string, Stateful>,
]) as [string, Record<string, Stateful>][];

it.each(releases)(
  'whoever has deployed release %s keeps buckets, machines, functions, roles, queues and logs',
  (_, then) => {
    expect(statefulOf(synthesizeEverything(join(folder, 'today')).template)).toMatchObject(then);
  },
);

it('nothing is replaced where a pipeline gets other settings, handlers, tasks and hooks', () => {
  interface Change {
    readonly props?: Partial<PipelineProps>;
    readonly more?: (graph: TaskGraph) => void;
    readonly handlers?: string;
  }

  const stateful = (name: string, { props, more, handlers }: Change = {}): Record<string, Stateful> => {
    const graph = new TaskGraph('trips');
    const first = graph.addTask('first', { outputs: { size: json<number>() } });
    graph.addTask('second', { inputs: { size: first.outputs.size } });
    more?.(graph);
    const plan = graph.build();
    const place = join(folder, name);
    const written = writeTinyHandlers(place, plan, handlers);
    return statefulOf(synthesizeIn(newStack(join(place, 'out')), { plan, handlers: written, ...props }).template);
  };

  const after = stateful('after', {
    props: { timeout: Duration.days(3), keepOnFailure: Duration.days(30), reapEvery: Duration.minutes(1) },
    handlers: 'export const handler = async () => "another";',
    more: (graph) => {
      graph.addTask('third', { outputs: { size: json<number>() }, resources: { memoryMiB: 2048 } });
      graph.addErrorsTask('alarm', {});
      graph.addFinallyTask('close', {});
      graph.addAfterExecutionTask('notify');
    },
  });
  expect(after).toMatchObject(stateful('before'));
});
