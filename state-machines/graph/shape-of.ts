/** Whether two plans are of one shape: then the data of a run of the one is that of a run of the other. */

import type { Plan, PlannedTask } from './plan.ts';

/**
 * Names the shape of a plan: what its tasks take, produce and wait for. Handlers, retries, timeouts, resources, hints,
 * releases and hooks may change without the shape doing so.
 *
 * @returns 16 hexadecimal digits, the same on every machine (FNV-1a, 64 bits, over the tasks as JSON)
 */
export function shapeOf({ pipeline, tasks }: Plan): string {
  return fnv1a(JSON.stringify([pipeline, ...tasks.map(shapeOfTask).sort()]));
}

function shapeOfTask({ name, dependencies, requires, inputs, outputs, when, each }: PlannedTask): string {
  return JSON.stringify([
    name,
    [...dependencies].sort(),
    [...requires].sort(),
    byName(inputs, ({ task, output, optional }) => [task, output, optional]),
    byName(outputs, ({ format, durable }) => [format.kind, format.columns ?? null, durable]),
    when ?? null,
    each ? [each.task, each.output] : null,
  ]);
}

function byName<T>(values: Readonly<Record<string, T>>, shape: (value: T) => unknown): unknown[] {
  return Object.keys(values)
    .sort()
    .map((name) => [name, shape(values[name] as T)]);
}

/** http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
