import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLocally } from '../../../local/index.ts';
import type { RunResult } from '../../../state-machines/index.ts';
import { graph } from './deaths/graph.ts';

describe('a handler that dies', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
  const runFolder = join(dir, 'deaths', 'run-1');
  let result: RunResult;

  beforeAll(async () => {
    const handlers = join(import.meta.dirname, 'deaths');
    result = await runLocally(graph.build(), { handlers, run: 'run-1', dir, waits: 'none' });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const published = (task: string) => readFileSync(join(runFolder, 'results', task, 'rows.ndjson'));

  it.each([
    ['before it writes', 'before-writing', 1],
    ['half way through a part', 'half-way', 1],
    ['after the upload and before the commit', 'before-commit', 1],
    ['of a full memory', 'out-of-memory', 1],
    ['of its timeout, in an endless loop', 'stuck', 1],
    ['of its timeout, while it goes on writing', 'over-time', 1],
    // Its record is there: the second attempt answers from it, and is no retry of the work.
    ['after the commit and before the answer', 'after-commit', 0],
  ])('%s leaves the same outputs, byte for byte, as one that does not', (_, task, retriesUsed) => {
    expect(result.tasks[task]).toMatchObject({ status: 'SUCCEEDED', retriesUsed });
    expect(published(task).equals(published('unharmed'))).toBe(true);
  });

  it('in every attempt ends in a clean failure without a result', () => {
    expect(result.tasks['always-dies']).toMatchObject({
      status: 'FAILED',
      retriesUsed: 1,
      error: { name: 'Runtime.ExitError' },
    });
    expect(readdirSync(join(runFolder, 'results'))).not.toContain('always-dies');
  });

  it('leaves nothing of the run behind, no object and no unfinished upload', () => {
    expect(result.released.left).toBe(0);
    const left = readdirSync(join(runFolder, 's3'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((file) => file.includes('runs/') && file.endsWith('.data'))).toEqual([]);
    expect(readdirSync(join(runFolder, 's3', '_multipart'))).toEqual([]);
  });
});
