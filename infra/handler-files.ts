import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../state-machines/contract/errors.ts';

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];

/**
 * Finds each task's handler: the file of the task's name in the folder.
 *
 * @returns task → absolute path
 * @throws UsageError naming every task without one, and the paths looked for
 */
export function findHandlerFiles(folder: string, tasks: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const task of tasks) {
    const candidates = EXTENSIONS.map((extension) => join(resolve(folder), task + extension));
    const file = candidates.find((candidate) => existsSync(candidate));
    if (file) found[task] = file;
    else missing.push(`  task "${task}": looked for ${candidates[0]} (or ${EXTENSIONS.slice(1).join(', ')})`);
  }
  if (missing.length > 0) {
    throw new UsageError(
      'HandlerMissing',
      [`no handler for ${missing.length === 1 ? 'a task' : `${missing.length} tasks`}:`, ...missing].join('\n'),
    );
  }
  return found;
}
