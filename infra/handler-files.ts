import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../state-machines/contract/errors.ts';
import type { Plan } from '../state-machines/graph/plan.ts';

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];

/**
 * Finds the handler of each task and each hook: the file of its name in the folder.
 *
 * @returns name → absolute path
 * @throws UsageError naming every one that has none, and the paths looked for
 */
export function findHandlerFiles(folder: string, plan: Plan): Record<string, string> {
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const { name } of plan.functions) {
    const candidates = EXTENSIONS.map((extension) => join(resolve(folder), name + extension));
    const file = candidates.find((candidate) => existsSync(candidate));
    if (file) found[name] = file;
    else
      missing.push(
        `  ${plan.hook(name) ? 'hook' : 'task'} "${name}": looked for ${candidates[0]} (or ${EXTENSIONS.slice(1).join(', ')})`,
      );
  }
  if (missing.length > 0) {
    throw new UsageError(
      'HandlerMissing',
      [`no handler for ${missing.length === 1 ? 'one' : `${missing.length}`}:`, ...missing].join('\n'),
    );
  }
  return found;
}
