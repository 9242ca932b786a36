/** The plan that a run is shown by: the project's, as far as it is the one that the run is of. */

import { Plan } from '../../state-machines/graph/plan.ts';
import { TaskGraph } from '../../state-machines/graph/task-graph.ts';
import { loadPipeline } from '../pipelines.ts';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';

export interface LoadedPlan {
  readonly plan?: Plan;
  /** Why there is none, in one line. */
  readonly problem?: string;
}

/** Of what is only to be shown: a project that cannot say how the pipeline looks keeps nobody from its runs. */
export async function tryLoadPlan(pipeline: string): Promise<LoadedPlan> {
  try {
    return { plan: (await loadPipeline(pipeline)).plan };
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { problem: line };
  }
}

export interface PlanOfRun {
  readonly plan: Plan;
  /** What is to be said of it, a sentence each. */
  readonly notes: readonly string[];
}

/** @param tasks those of the run, as its first event names them */
export function planOfRun(pipeline: string, tasks: readonly string[], { plan, problem }: LoadedPlan): PlanOfRun {
  if (!plan) {
    const why = problem === undefined ? '' : `: ${problem}`;
    return {
      plan: withTasks(pipeline, tasks),
      notes: [`what waits for what is not known, since the graph of "${pipeline}" is not in this project${why}`],
    };
  }
  const names = new Set(tasks);
  const gone = tasks.filter((name) => !plan.task(name));
  const added = plan.tasks.map(({ name }) => name).filter((name) => !names.has(name));
  if (tasks.length === 0 || (gone.length === 0 && added.length === 0)) return { plan, notes: [] };
  const differences = [
    ...(gone.length > 0 ? [`it has ${gone.join(', ')}, which the project's graph has not`] : []),
    ...(added.length > 0 ? [`it has no ${added.join(', ')}, which the project's graph has`] : []),
  ];
  return { plan: restricted(plan, names, gone), notes: [`the run is of another graph: ${differences.join('; ')}`] };
}

/** Where they are not part of what was asked for. */
export function writeNotes(notes: readonly string[], { stderr }: Terminal): void {
  for (const note of notes) stderr.write(`note: ${printable(note)}\n`);
}

/** Those tasks of a plan, and further ones of which nothing but the names is known. */
function restricted(plan: Plan, names: ReadonlySet<string>, others: readonly string[]): Plan {
  const hooks = new Set(plan.hooks.map(({ name }) => name));
  const known = (name: string) => names.has(name) || hooks.has(name);
  const only = <T extends Plan['tasks'][number]>(task: T): T => ({
    ...task,
    dependencies: task.dependencies.filter(known),
  });
  const kept = plan.tasks.filter(({ name }) => names.has(name));
  const unknown = withTasks(plan.pipeline, others).tasks;
  return new Plan(plan.pipeline, [...kept, ...unknown].map(only), plan.hooks.map(only), plan.onTaskFailure);
}

function withTasks(pipeline: string, names: readonly string[]): Plan {
  if (names.length === 0) return new Plan(pipeline, []);
  const graph = new TaskGraph(pipeline);
  for (const name of names) graph.addTask(name);
  return graph.build();
}
