/** Whether a definition is made of what a definition is made of: in JavaScript it can be anything. */

import { isObject } from '../../contract/objects.ts';
import { show } from '../../contract/show.ts';
import { type GraphProblem, problem } from '../errors.ts';
import { type AnyFormat, FORMAT_KINDS, PARQUET_TYPES } from '../formats.ts';
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
  if (isObject(format) && FORMAT_KINDS.some((kind) => kind === format['kind'])) return checkParts(task, output, format);
  const uncalled = typeof format === 'function' && FORMAT_KINDS.find((kind) => kind === format.name);
  if (uncalled)
    return [
      problem(
        'InvalidTask',
        `task "${task}": its output "${output}" is the function ${uncalled}; call it: ${uncalled}()`,
      ),
    ];
  return [
    problem(
      'InvalidTask',
      `task "${task}": its output "${output}" is ${shown(declared, format)}, no format; there are ${FORMAT_KINDS.map((kind) => `${kind}()`).join(', ')}, and durable() of one`,
    ),
  ];
}

function shown(declared: unknown, format: unknown): string {
  return declared === format ? show(declared) : `durable() of ${show(format)}`;
}

/** What a format is made with: a validator, columns. */
function checkParts(task: string, output: string, { schema, columns }: Record<string, unknown>): GraphProblem[] {
  const where = `task "${task}": its output "${output}"`;
  if (schema !== undefined && !isValidator(schema)) {
    return [
      problem(
        'InvalidTask',
        `${where} has ${show(schema)} for a validator; give a Standard Schema, such as z.object({ … }) of zod, or only a type: json<Row>()`,
      ),
    ];
  }
  if (columns === undefined) return [];
  if (!isObject(columns))
    return [
      problem('InvalidTask', `${where} has columns ${show(columns)}; give { name: type }, as in { day: "STRING" }`),
    ];
  return Object.entries(columns).flatMap(([column, type]) => {
    if (typeof type === 'string' && PARQUET_TYPES.some((known) => known === type.replace(/\?$/, ''))) return [];
    return [
      problem(
        'InvalidTask',
        `${where}: its column "${column}" is ${show(type)}; there are ${PARQUET_TYPES.join(', ')}, with a "?" behind where a value may be missing`,
      ),
    ];
  });
}

/** https://standardschema.dev; arktype's are functions. */
function isValidator(schema: unknown): boolean {
  if (typeof schema !== 'function' && !isObject(schema)) return false;
  const standard: unknown = (schema as Record<string, unknown>)['~standard'];
  return isObject(standard) && typeof standard['validate'] === 'function';
}
