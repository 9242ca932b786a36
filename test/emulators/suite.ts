/** Tests that need more than npm packages: each folder of them is a suite, with a script of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killGroup } from './process-group.ts';
import { NotInstalledError } from './python.ts';

export interface Prepared {
  /** What the tests find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends all that was started, and deletes all that was installed. */
  stop(): Promise<void>;
}

/**
 * Runs `test/<suite>/*.suite.ts`, or those that an argument of the command names, and sets the exit code: 0 where they pass,
 * and where what they need cannot be installed, unless `CI` is set. A signal ends the tests, and then all that was prepared.
 *
 * @param prepare throws NotInstalledError
 */
export async function runSuite(suite: string, prepare: () => Promise<Prepared>): Promise<void> {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort());
  try {
    const { env, stop } = await prepare();
    try {
      process.exitCode = end.signal.aborted ? 1 : await runTests(suite, env, end.signal);
    } finally {
      await stop();
    }
  } catch (error) {
    if (!(error instanceof NotInstalledError)) throw error;
    const isCi = Boolean(process.env['CI']);
    process.stderr.write(`${isCi ? 'failed' : 'skipped'}: ${error.message}\n`);
    process.exitCode = isCi ? 1 : 0;
  }
}

/** With a temporary folder of their own: tests that are ended half-way delete nothing. */
async function runTests(suite: string, env: Prepared['env'], signal: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ebbtide-suite-'));
  // A group of its own: what tests have started ends with them.
  const vitest = spawn('vitest', ['run', ...process.argv.slice(2)], {
    env: { ...process.env, TMPDIR: folder, ...env, EBBTIDE_TEST_SUITE: suite },
    stdio: 'inherit',
    detached: true,
  });
  signal.addEventListener('abort', () => killGroup(vitest.pid));
  try {
    const [code] = await once(vitest, 'exit');
    return code ?? 1;
  } finally {
    killGroup(vitest.pid);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
