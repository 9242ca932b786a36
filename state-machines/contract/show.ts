import { cutText } from './result.ts';

/** A value, whatever it is, as a message shows it: on one line, and not a long one. */
export function show(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US');
  if (typeof value === 'function') return 'a function';
  return cutText(jsonOf(value) ?? String(value), 120);
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // It refers to itself, or is a bigint.
    return typeof value === 'bigint' ? `${value}n` : 'an object that is no JSON';
  }
}
