import { existsSync, readFileSync } from 'node:fs';
import { UsageError } from '../../state-machines/contract/errors.ts';

/**
 * Reads an execution's input: JSON, or `@file` with JSON in it.
 *
 * @throws UsageError
 */
export function parseInput(text: string): unknown {
  const json = text.startsWith('@') ? readInput(text.slice(1)) : text;
  try {
    return JSON.parse(json);
  } catch (error) {
    const what = text.startsWith('@') ? `--input: ${text.slice(1)}` : '--input';
    const meant = existsSync(text) ? `; the file of that name is @${text}` : '';
    throw new UsageError('InvalidInput', `${what} is not JSON: ${(error as Error).message}${meant}`);
  }
}

function readInput(file: string): string {
  if (file === '') throw new UsageError('InvalidInput', '--input: name a file behind the @');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError('InvalidInput', `--input: cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
