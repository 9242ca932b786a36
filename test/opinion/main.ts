/** `npm run test:opinion`: the same definitions on a second interpreter, LocalStack's, which moto ships. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPython } from '../emulators/python.ts';
import { runSuite } from '../emulators/suite.ts';

const VERSION = '5.2.5';

await runSuite('opinion', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebbtide-opinion-'));
  const stop = () => rm(folder, { recursive: true, force: true });
  try {
    const python = await installPython(folder, `moto[stepfunctions]==${VERSION}`);
    return { env: { EBBTIDE_TEST_PYTHON: python }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
});
