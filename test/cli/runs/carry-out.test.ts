import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { carryOut } from '../../../cli/runs/carry-out.ts';
import { TaskGraph } from '../../../state-machines/index.ts';
import { fakeStream, temporaryFolder } from '../fixtures.ts';

const folder = temporaryFolder();
const RUNTIME = resolve(import.meta.dirname, '../../../lambdas/runtime/index.ts');

afterEach(() => {
  vi.unstubAllEnvs();
});

it('a run here that is kept is gone on with here, though its pipeline may be deployed too', async () => {
  const graph = new TaskGraph('trips');
  graph.addTask('load');
  const handlers = join(folder, 'lambdas');
  mkdirSync(handlers);
  writeFileSync(
    join(handlers, 'load.ts'),
    `import { task } from ${JSON.stringify(RUNTIME)};\nexport const handler = task('load', async () => {});\n`,
  );
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  const terminal = { stdout: fakeStream(), stderr: fakeStream() };
  const finish = vi.fn();
  const dir = join(folder, 'my runs');
  const options = { dir, keepOnFailure: '2h', fail: ['load'] };
  await carryOut({ plan: graph.build(), handlers }, options, { input: {}, run: 'r1' }, terminal, finish);
  expect(finish).toHaveBeenCalledWith(1);
  expect(terminal.stdout.text).toContain(`; to go on with it: ebbtide resume trips r1 --local --dir '${dir}'\n`);
});
