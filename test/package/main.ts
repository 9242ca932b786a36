/** `npm run test:package`: the tests in this folder, against the packed library as new users have installed it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSuite } from '../emulators/suite.ts';
import { makeApps, REPO } from './apps.ts';
import { environmentOf } from './command.ts';

await runSuite('package', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ebbtide-test-')));
  const stop = async () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    // `npm pack` builds, with the repo's TypeScript.
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: REPO,
      env: environmentOf(folder),
      encoding: 'utf8',
    });
    const tarball = join(folder, JSON.parse(packed)[0].filename);
    const oldNode = await makeApps(folder, tarball);
    const env = {
      EBBTIDE_TEST_APPS: folder,
      EBBTIDE_TEST_TARBALL: tarball,
      EBBTIDE_TEST_OLD_NODE: oldNode,
    };
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
});
