import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadPipeline } from '../../../cli/pipelines.ts';
import type { RunEvent } from '../../../history/events.ts';
import { runLocally } from '../../../local/index.ts';

const REPO = join(import.meta.dirname, '../../..');
const EBBTIDE = JSON.stringify(join(REPO, 'state-machines/index.ts'));
const LAMBDA = JSON.stringify(join(REPO, 'lambdas/runtime/index.ts'));
const root = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const GRAPH = `import { json, TaskGraph } from ${EBBTIDE};
  const graph = new TaskGraph('one');
  export const first = graph.addTask('first', { outputs: { n: json() }, retries: 2 });
  export const second = graph.addTask('second', { inputs: { n: first.outputs.n } });
  export const plan = graph.build();`;

async function runWith(name: string, first: string) {
  const folder = join(root, name);
  mkdirSync(join(folder, 'state-machines/pipelines'), { recursive: true });
  mkdirSync(join(folder, 'lambdas/one'), { recursive: true });
  const imports = `import { task } from ${LAMBDA}; import { first, second } from '../../state-machines/pipelines/one.ts';`;
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'state-machines/pipelines/one.ts'), GRAPH);
  writeFileSync(join(folder, 'lambdas/one/first.ts'), `${imports}\n${first}`);
  writeFileSync(join(folder, 'lambdas/one/second.ts'), `${imports}\nexport const handler = task(second, () => {});`);
  const { plan, handlers } = await loadPipeline('one', folder);
  const events: RunEvent[] = [];
  const onProgress = (event: RunEvent) => events.push(event);
  const result = await runLocally(plan, { handlers, dir: join(folder, 'runs'), waits: 'none', onProgress });
  return { ...result, events };
}

it.each([
  ['was made for another task', 'export const handler = task(second, () => {});', /task "first".*task\(second/],
  ['was not made with task()', 'export const handler = async () => ({});', /"first" was not made with task/],
])('a handler that %s fails its task at once, with what is wrong', async (name, source, message) => {
  const { tasks } = await runWith(name.replaceAll(/\W/g, '-'), source);
  expect(tasks['first']).toMatchObject({
    status: 'FAILED',
    retriesUsed: 0,
    error: { name: 'NonRetryableError', message: expect.stringMatching(message) },
  });
  expect(tasks['second']).toMatchObject({ status: 'SKIPPED' });
});

it('what a handler throws is told with its place in the sources of its package', async () => {
  const source = [
    'function load(rows: any): never { return rows.first.id; }',
    'export const handler = task(first, async () => load({}));',
  ];
  const { events } = await runWith('throws', source.join('\n'));
  const failed = events.filter(({ type }) => type === 'attempt-failed');
  expect(failed).toHaveLength(3);
  expect(failed[0]).toMatchObject({
    error: { name: 'TypeError', message: "Cannot read properties of undefined (reading 'id')" },
    place: 'lambdas/one/first.ts:2:53',
  });
});

it('a handler file that exports no handler is wrong use, before anything runs', async () => {
  await expect(runWith('none', 'export const other = 1;')).rejects.toMatchObject({
    code: 'HandlerInvalid',
    message: expect.stringContaining('first.ts'),
  });
});
