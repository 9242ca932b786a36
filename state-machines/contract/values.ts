/** The values that conditions look at: taken out of a json output by its task, and carried in the state data. */

export type Scalar = string | number | boolean | null;

/** Longer texts are refused: state data is for small things. */
export const VALUE_TEXT_LIMIT = 256;

/** `stats`, `['rows']` → `stats.rows`: the name under which a task answers with a value. */
export function valueName(output: string, path: readonly string[]): string {
  return [output, ...path].join('.');
}

/** @returns undefined where there is no such value */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
