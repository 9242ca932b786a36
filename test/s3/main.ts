/** `npm run test:s3`: the tests in this folder, against MiniStack, which unlike the embedded endpoint has versions. */

import { startMiniStack } from '../emulators/ministack.ts';
import { runSuite } from '../emulators/suite.ts';

await runSuite('s3', async () => {
  const { endpoint, stop } = await startMiniStack();
  return { env: { EBBTIDE_TEST_S3_ENDPOINT: endpoint }, stop };
});
