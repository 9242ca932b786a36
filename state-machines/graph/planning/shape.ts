/** Whether a definition is made of what a definition is made of: in JavaScript it can be anything. */

import { isObject } from '../../contract/objects.ts';
import { show } from '../../contract/show.ts';
import { type GraphProblem, problem } from '../errors.ts';
import { type AnyFormat, FORMAT_KINDS } from '../formats.ts';
import type { FunctionDef, OutputsDef } from '../task.ts';

const PARTS = {
  inputs: 'InvalidTask',
  outputs: 'InvalidTask',
  retry: 'InvalidRetry',
  resources: 'InvalidResource',
} as const;

/** A definition without what nothing can be read from. */
export function readable(given: unknown): FunctionDef {
  const options = Object.entries(isObject(given) ? given : {});
  return Object.fromEntries(options.filter(([option, value]) => !Object.hasOwn(PARTS, option) || isObject(value)));
}

export function formatOf(declared: OutputsDef[string]): AnyFormat {
  return declared?.kind === 'durable' ? declared.format : declared;
}

export function checkShape(name: string, given: unknown): GraphProblem[] {
  if (!isObject(given)) return [problem('InvalidTask', `task "${name}": its definition is ${show(given)}, no object`)];
  const parts = Object.entries(PARTS).flatMap(([part, code]) =>
    given[part] === undefined || isObject(given[part])
      ? []
      : [problem(code, `task "${name}": ${part} is ${show(given[part])}; it must be an object`)],
  );
  const outputs = Object.entries<unknown>(isObject(given['outputs']) ? given['outputs'] : {});
  return [...parts, ...outputs.flatMap(([output, declared]) => checkFormat(name, output, declared))];
}

function checkFormat(task: string, output: string, declared: unknown): GraphProblem[] {
  const format: unknown = formatOf(declared as OutputsDef[string]);
  if (isObject(format) && FORMAT_KINDS.some((kind) => kind === format['kind'])) return [];
  return [
    problem(
      'InvalidTask',
      `task "${task}": its output "${output}" is ${show(declared)}, no format; there are ${FORMAT_KINDS.map((kind) => `${kind}()`).join(', ')}, and durable() of one`,
    ),
  ];
}
