/** `npm run test:deploy`: the CDK command line and deployed pipelines, against MiniStack; see docs/proofs.md. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMiniStack } from '../emulators/ministack.ts';
import { runSuite } from '../emulators/suite.ts';
import { ENDPOINT_VARIABLE, environmentFor, FOLDER_VARIABLE } from './account.ts';
import { bootstrap } from './cdk.ts';

await runSuite('deploy', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebbtide-deploy-'));
  const emptied = () => rm(folder, { recursive: true, force: true });
  try {
    const { endpoint, python, stop } = await startMiniStack({
      // What the roles may do is enforced, for every request that a function makes. The finalizer's wait takes 7 seconds
      // then, and not 70.
      env: { AUTH: 'true', SFN_WAIT_SCALE: '0.1' },
    });
    const env = {
      ...environmentFor(endpoint, folder),
      [ENDPOINT_VARIABLE]: endpoint,
      [FOLDER_VARIABLE]: folder,
      EBBTIDE_TEST_DEPLOY_PYTHON: python,
    };
    Object.assign(process.env, env);
    try {
      await bootstrap();
    } catch (error) {
      await stop();
      throw error;
    }
    return { env, stop: () => stop().finally(emptied) };
  } catch (error) {
    await emptied();
    throw error;
  }
});
