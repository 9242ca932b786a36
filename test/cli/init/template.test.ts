import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
// What it tests is the pipeline that `ebbtide init` writes, with the very test that comes with it.
import '../../../cli/init/template/test/sample.expect.ts';

it('the test for node:test says the same', () => {
  const file = join(import.meta.dirname, '../../../cli/init/template/test/sample.node.ts');
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const stdout = execFileSync(process.execPath, ['--test', '--test-reporter=tap', file], { env, encoding: 'utf8' });
  expect(stdout).toContain('# pass 3\n# fail 0\n');
});
