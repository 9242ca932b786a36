/** `npm run test:pages`: reports of runs, opened in Chromium. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { NotInstalledError } from '../emulators/python.ts';
import { runSuite } from '../emulators/suite.ts';
import { CHROMIUM } from './browser.ts';

const INSTALL_SECONDS = 600;

await runSuite('pages', async () => {
  if (!existsSync(CHROMIUM)) await install();
  return { env: {}, stop: async () => undefined };
});

/** Debian's, where this may install it. */
async function install(): Promise<void> {
  const run = promisify(execFile);
  const options = { timeout: INSTALL_SECONDS * 1_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new NotInstalledError(
      `${CHROMIUM} is not there, and apt-get cannot install it: ${stderr?.trim() || message}`,
    );
  }
}
