import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Those that need MiniStack have a script of their own, which tells them where it is.
    include: [process.env['EBBTIDE_TEST_S3_ENDPOINT'] ? 'test/s3/*.ministack.ts' : 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make each other's timeouts longer.
    maxWorkers: 2,
  },
});
