import { defineConfig } from 'vitest/config';

const suite = process.env['EBBTIDE_TEST_SUITE'];

export default defineConfig({
  test: {
    // Those that need more than npm packages have scripts of their own, which see to that: test/emulators/suite.ts.
    include: [suite ? `test/${suite}/*.suite.ts` : 'test/**/*.test.ts'],
    setupFiles: 'test/own-temporary-folder.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make each other's timeouts longer.
    maxWorkers: 2,
  },
});
