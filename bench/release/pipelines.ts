/** What is run: the flights pipeline with its own handlers, and a chain, of which the wave before last can always go. */

import { registerHooks } from 'node:module';
import type { AnyHandler } from '../../lambdas/runtime/invocation.ts';
import { RAW_HANDLER, type TaskFunction } from '../../lambdas/runtime/task.ts';
import { Plan } from '../../state-machines/graph/plan.ts';
import type { Release } from '../../state-machines/graph/settings.ts';
import { bytes, type DataRef, TaskGraph } from '../../state-machines/index.ts';
import { plan as flightsPlan } from '../../state-machines/pipelines/flights.ts';

export interface RunnablePipeline {
  readonly plan: Plan;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
}

/** With its own handlers, in this process. */
export async function flights(): Promise<RunnablePipeline> {
  carryDataFiles();
  const loaded = await Promise.all(
    flightsPlan.tasks.map(async ({ name }): Promise<[string, AnyHandler]> => {
      const { handler }: { handler: TaskFunction } = await import(`../../lambdas/flights/${name}.ts`);
      return [name, handler[RAW_HANDLER]];
    }),
  );
  return { plan: flightsPlan, handlers: Object.fromEntries(loaded) };
}

/** As the bundler does: a data file that is imported is a path. */
function carryDataFiles(): void {
  registerHooks({
    load: (url, context, next) =>
      /\.(parquet|csv)$/.test(url)
        ? { format: 'module', source: `export default ${JSON.stringify(url)}`, shortCircuit: true }
        : next(url, context),
  });
}

/** Each task takes what the one before wrote, and writes as much. */
export function chain(tasks: number, bytesEach: number): RunnablePipeline {
  const graph = new TaskGraph('chain');
  const handlers: Record<string, AnyHandler> = {};
  let before: DataRef | undefined;
  for (let index = 0; index < tasks; index++) {
    const name = `stage-${index}`;
    const inputs = before ? { before } : {};
    before = graph.addTask(name, { inputs, outputs: { data: bytes() } }).outputs.data;
    handlers[name] = async (context) => {
      if (index > 0) await context.inputs.before.bytes();
      return { data: await context.outputs.data.write(new Uint8Array(bytesEach)) };
    };
  }
  return { plan: graph.build(), handlers };
}

/** The same graph with that setting for every output. */
export function withRelease({ pipeline, tasks, hooks, onTaskFailure }: Plan, release: Release): Plan {
  if (release === 'consumed') return new Plan(pipeline, tasks, hooks, onTaskFailure);
  const kept = tasks.map((task) => ({
    ...task,
    outputs: Object.fromEntries(
      Object.entries(task.outputs).map(([name, { releasedBy: _, ...output }]) => [name, output]),
    ),
  }));
  return new Plan(pipeline, kept, hooks, onTaskFailure);
}
