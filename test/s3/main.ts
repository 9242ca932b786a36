/**
 * `npm run test:s3`: the tests in this folder, against MiniStack, which unlike the embedded endpoint has versions. Exit
 * code 0 where they pass, and where MiniStack cannot be installed, unless `CI` is set.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { NotInstalledError, startMiniStack } from './ministack.ts';

try {
  const { endpoint, stop } = await startMiniStack();
  try {
    const env = { ...process.env, EBBTIDE_TEST_S3_ENDPOINT: endpoint };
    const vitest = spawn('vitest', ['run'], { env, stdio: 'inherit' });
    const [code] = await once(vitest, 'exit');
    process.exitCode = code ?? 1;
  } finally {
    await stop();
  }
} catch (error) {
  if (!(error instanceof NotInstalledError)) throw error;
  const isCi = Boolean(process.env['CI']);
  process.stderr.write(`${isCi ? 'failed' : 'skipped'}: ${error.message}\n`);
  process.exitCode = isCi ? 1 : 0;
}
