import { GraphError } from './errors.ts';
import type { AnyFormat } from './formats.ts';
import type { Plan } from './plan.ts';
import { planGraph } from './planning.ts';
import type { DataRef } from './refs.ts';
import type { AnyTaskHandle, Dependency, FormatOf, InputsDef, OutputsDef, TaskDef, TaskHandle } from './task.ts';

/**
 * A pipeline's tasks and what each takes from the others.
 *
 * Nothing is checked while the graph is put together; `build()` checks all of it and reports every problem at once.
 *
 * @example
 * const graph = new TaskGraph('flights');
 * const extract = graph.addTask('extract', { outputs: { raw: ndjson<Flight>() }, retries: 2 });
 * const load = graph.addTask('load', { inputs: { raw: extract.outputs.raw }, outputs: { table: durable(csv<Row>()) } });
 * export const plan = graph.build();
 */
export class TaskGraph {
  readonly name: string;
  readonly #tasks: AnyTaskHandle[] = [];
  readonly #dependencies: Dependency[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The tasks in the order in which they were added. */
  get tasks(): readonly AnyTaskHandle[] {
    return this.#tasks;
  }

  addTask<const Inputs extends InputsDef = {}, const Outputs extends OutputsDef = {}>(
    name: string,
    definition: TaskDef<Inputs, Outputs> = {},
  ): TaskHandle<Inputs, Outputs> {
    const refs = Object.entries(definition.outputs ?? {}).map(([output, declared]): [string, DataRef] => [
      output,
      { kind: 'ref', task: name, output, format: formatOf(declared) },
    ]);
    const handle: TaskHandle<Inputs, Outputs> = {
      name,
      definition,
      graph: this,
      outputs: Object.fromEntries(refs) as { [Name in keyof Outputs]: DataRef<FormatOf<Outputs[Name]>> },
    };
    this.#tasks.push(handle);
    return handle;
  }

  /** Makes `after` wait for `before` though it takes no data from it. */
  addDependency(before: AnyTaskHandle | string, after: AnyTaskHandle | string): this {
    this.#dependencies.push({ before, after });
    return this;
  }

  /** @throws GraphError with every problem that the graph has */
  build(): Plan {
    const planned = planGraph(this.name, this.#tasks, this.#dependencies);
    if (planned.problems.length > 0) throw new GraphError(this.name, planned.problems);
    return planned.plan;
  }
}

function formatOf(output: OutputsDef[string]): AnyFormat {
  return output.kind === 'durable' ? output.format : output;
}
