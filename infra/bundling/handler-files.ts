import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../../state-machines/contract/errors.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';

/** Of a file that a user writes, the source before what may have been compiled beside it. */
export const SOURCE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

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
    const candidates = SOURCE_EXTENSIONS.map((extension) => join(resolve(folder), name + extension));
    const file = candidates.find((candidate) => existsSync(candidate));
    if (file) found[name] = file;
    else
      missing.push(
        `  ${plan.hook(name) ? 'hook' : 'task'} "${name}": looked for ${candidates[0]} (or ${SOURCE_EXTENSIONS.slice(1).join(', ')})`,
      );
  }
  if (missing.length > 0) {
    throw new UsageError(
      'HandlerMissing',
      [`no handler for ${missing.length === 1 ? 'one' : `${missing.length}`}:`, ...missing, ...noFolder(folder)].join(
        '\n',
      ),
    );
  }
  return found;
}

function noFolder(folder: string): string[] {
  if (existsSync(folder)) return [];
  const from = isAbsolute(folder) ? '' : `, from the working directory, ${process.cwd()}`;
  return [`  there is no folder ${folder}${from}`];
}
