/** `npm run test:lint`: cfn-lint over synthesized templates. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPython } from '../emulators/python.ts';
import { runSuite } from '../emulators/suite.ts';

const VERSION = '1.58.0';

await runSuite('lint', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebbtide-lint-'));
  const stop = () => rm(folder, { recursive: true, force: true });
  try {
    const python = await installPython(folder, `cfn-lint==${VERSION}`);
    return { env: { EBBTIDE_TEST_LINT_PYTHON: python }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
});
