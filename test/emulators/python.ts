/** Packages from PyPI, installed into a folder of their own. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const INSTALL_SECONDS = 300;

/** There is no Python, no pip, or no way to PyPI. */
export class NotInstalledError extends Error {
  override readonly name = 'NotInstalled';
}

/**
 * @param packages as pip takes them, `ministack==1.5.33`
 * @returns the Python that has them
 * @throws NotInstalledError, with the reason in one line
 */
export async function installPython(folder: string, ...packages: readonly string[]): Promise<string> {
  const run = promisify(execFile);
  const options = { timeout: INSTALL_SECONDS * 1_000 };
  const python = join(folder, 'venv', 'bin', 'python');
  try {
    await run('python3', ['-m', 'venv', join(folder, 'venv')], options);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], options);
    return python;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const why = (stderr?.trim() || message).split('\n').at(-1);
    throw new NotInstalledError(`${packages.join(', ')} cannot be installed: ${why}`);
  }
}
