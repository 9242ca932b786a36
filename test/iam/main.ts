/** `npm run test:iam`: what becomes of runs without each statement of each role. It needs nothing but a few minutes. */

import { runSuite } from '../emulators/suite.ts';

await runSuite('iam', async () => ({ env: {}, stop: async () => undefined }));
