import { stripVTControlCharacters } from 'node:util';

/** Control characters but for the ends of lines and tabs, and those that turn the direction of what stands behind them. */
const UNPRINTABLE = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/** Text of anybody's, so that a terminal shows it and does nothing else: names and messages may bring what moves its cursor. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(UNPRINTABLE, '');
}

/** The same, with all of its text printable. */
export function printableIn<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableIn) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), printableIn(inner)])) as T;
}

/** Those of them that JSON leaves as they are: in text, so that they can be escaped wherever they stand. */
const UNESCAPED = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** JSON of a value, which a terminal shows and does nothing else with. */
export function printableJson(value: unknown, indent?: number): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, indent).replace(UNESCAPED, escaped);
}
