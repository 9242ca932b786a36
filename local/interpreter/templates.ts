/** Payload templates: what the library does not fill in as it should is taken out before, and put in afterwards. */

import { isObject } from '../../state-machines/contract/objects.ts';

export type AnyTemplate = Readonly<Record<string, unknown>>;

/** Where in a payload a value stands that is to be made a text. */
export type KeyPath = readonly string[];

const JSON_TO_STRING = /^States\.JsonToString\((\$.*)\)$/;

/** Takes `States.JsonToString(path)` out of a template, and leaves the path: the library drops every backslash. */
export function liftTexts(template: unknown): {
  readonly template: AnyTemplate | undefined;
  readonly texts: KeyPath[];
} {
  const texts: KeyPath[] = [];
  const lift = (value: unknown, at: KeyPath): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).map(([key, inner]) => {
      const path = typeof inner === 'string' && key.endsWith('.$') ? JSON_TO_STRING.exec(inner)?.[1] : undefined;
      if (path === undefined) return [key, lift(inner, [...at, key])];
      texts.push([...at, key.slice(0, -'.$'.length)]);
      return [key, path];
    });
    return Object.fromEntries(entries);
  };
  return { template: lift(template, []) as AnyTemplate | undefined, texts };
}

/** The payload with a value for the token that stands in one of its fields. */
export function withField(payload: unknown, token: string, value: number): unknown {
  if (!isObject(payload)) return payload;
  return Object.fromEntries(Object.entries(payload).map(([key, given]) => [key, given === token ? value : given]));
}

/** The payload with JSON for each value that `liftTexts` left there. */
export function withTexts(payload: unknown, texts: readonly KeyPath[]): unknown {
  return texts.reduce<unknown>((filled, [key = '', ...rest]) => {
    const fields = filled as Record<string, unknown>;
    const value = fields[key];
    return { ...fields, [key]: rest.length === 0 ? JSON.stringify(value) : withTexts(value, [rest]) };
  }, payload);
}

/** A template for one item, and `$$.Map.Item` in it, made one for the item of that index in `$$.Map.Items`. */
export function templateOfItem(template: unknown, index: number): unknown {
  if (typeof template === 'string') return template.replaceAll(/\$\$\.Map\.Item\b/g, `$$$$.Map.Items[${index}]`);
  if (Array.isArray(template)) return template.map((inner) => templateOfItem(inner, index));
  if (!isObject(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, inner]) => [key, templateOfItem(inner, index)]));
}

/** Inside a branch the library has the branch's own input and start time there: ours stand under other names. */
export function adaptPaths<T>(value: T): T {
  return renamePaths(value) as T;
}

function renamePaths(value: unknown): unknown {
  if (typeof value === 'string') {
    if (!value.startsWith('$$.') && !value.startsWith('States.')) return value;
    return value.replace(/\$\$\.Execution\.(Input|StartTime)\b/g, '$$$$.Execution.Root$1');
  }
  if (Array.isArray(value)) return value.map(renamePaths);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamePaths(inner)]));
}
