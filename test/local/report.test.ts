import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ProgressEvent, type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { diamond, diamondHandlers, filesUnder, temporaryFolder } from './fixtures.ts';

const dir = temporaryFolder();
const { plan } = diamond();

async function run(id: string, options: Partial<RunLocallyOptions> = {}) {
  const events: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent) => events.push(event);
  const result = await runLocally(plan, {
    handlers: diamondHandlers,
    dir,
    waits: 'none',
    run: id,
    onProgress,
    ...options,
  });
  const last = events.at(-1);
  return { result, ended: last?.type === 'run-ended' ? last : undefined, folder: join(dir, 'diamond', id) };
}

it('a run leaves its report in its folder, and says where', async () => {
  const { ended, folder } = await run('success');
  expect(ended?.report).toBe(join(folder, 'report.html'));
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page).toContain('<title>diamond success: succeeded</title>');
  expect(filesUnder(folder).filter((file) => file.endsWith('.tmp'))).toEqual([]);
});

it('a run that fails leaves one too, with its error', async () => {
  const { result, ended } = await run('failure', { fail: 'aggregate' });
  expect(result.status).toBe('FAILED');
  const page = readFileSync(ended?.report ?? '', 'utf8');
  expect(page).toContain('injected into attempt 2');
  expect(page).toContain('was skipped, because aggregate failed');
});

it('a run that was resumed is reported anew', async () => {
  await run('kept', { fail: 'aggregate', keepOnFailure: 3600 });
  await runLocally(plan, { handlers: diamondHandlers, dir, waits: 'none', resume: 'kept' });
  const page = readFileSync(join(dir, 'diamond', 'kept', 'report.html'), 'utf8');
  expect(page).toContain('<title>diamond kept: succeeded</title>');
});

it('a run whose report cannot be written goes as it goes', async () => {
  const inTheWay = (event: ProgressEvent) => {
    if (event.type === 'run-started' && event.folder)
      mkdirSync(join(event.folder, 'report.html', 'full'), { recursive: true });
  };
  let ended: ProgressEvent | undefined;
  const { result, folder } = await run('no-report', {
    onProgress: (event) => {
      inTheWay(event);
      ended = event;
    },
  });
  expect(result.status).toBe('SUCCEEDED');
  expect(ended).toMatchObject({ type: 'run-ended' });
  expect(ended).not.toHaveProperty('report');
  expect(existsSync(join(folder, 'report.html', 'full'))).toBe(true);
});
