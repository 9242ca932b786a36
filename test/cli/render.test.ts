import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { renderDenials } from '../../cli/render/denials.ts';
import { renderEnd, renderTasks } from '../../cli/render/run.ts';
import { renderTable } from '../../cli/render/table.ts';
import { styler } from '../../cli/terminal.ts';
import type { Denial, ResultFile } from '../../history/events.ts';
import { formatBytes, formatCount, formatDuration } from '../../history/units.ts';
import type { RunResult } from '../../state-machines/index.ts';
import { fakeStream, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const plain = (_: unknown, text: string) => text;

beforeEach(() => {
  for (const name of ['FORCE_COLOR', 'NO_COLOR', 'NODE_DISABLE_COLORS']) vi.stubEnv(name, undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('units', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [1_234_567, '1.2 MB'],
    [58_000_000, '58.0 MB'],
    [999_949, '999.9 kB'],
    [999_999, '1.0 MB'],
    [2_500_000_000, '2.5 GB'],
    [7e15, '7000.0 TB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0.0 s'],
    [2_345, '2.3 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 0 s'],
    [75_000, '1 min 15 s'],
    [3_661_000, '61 min 1 s'],
  ])('%i ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [0, '0 objects'],
    [1, '1 object'],
    [3_376, '3,376 objects'],
  ])('%i are %s', (count, text) => {
    expect(formatCount(count, 'object')).toBe(text);
  });
});

describe('a table', () => {
  it('has columns as wide as their widest cell, figures to the right, no spaces at the end', () => {
    const rows = [
      ['task', 'n', 'note'],
      ['extract', '1', ''],
      ['a', '1,000', 'x'],
    ];
    expect(renderTable(rows, ['left', 'right', 'left']).split('\n')).toEqual([
      'task         n  note',
      'extract      1',
      'a        1,000  x',
    ]);
  });

  it('does not count styles as width', () => {
    const red = styleText('red', 'ab', { validateStream: false });
    expect(
      renderTable(
        [
          [red, 'x'],
          ['abc', 'y'],
        ],
        ['left', 'left'],
      ).split('\n'),
    ).toEqual([`${red}   x`, 'abc  y']);
  });

  it('without rows is empty', () => {
    expect(renderTable([], ['left'])).toBe('');
  });
});

const FOLDER = join(process.cwd(), '.ebbtide/trips/run-1');

const RESULT: RunResult = {
  pipeline: 'flights',
  run: 'r1',
  status: 'FAILED',
  startedAt: '2026-11-20T21:35:00.000Z',
  durationMs: 2_345,
  error: { name: 'TaskFailed', message: 'aggregate (InjectedFailure: no) failed' },
  succeeded: 1,
  failed: 1,
  skipped: 1,
  omitted: 0,
  tasks: {
    extract: { status: 'SUCCEEDED', retriesUsed: 0, durationMs: 1_200, bytesIn: 0, bytesOut: 58_000_000 },
    aggregate: { status: 'FAILED', retriesUsed: 1, error: { name: 'InjectedFailure', message: 'no' } },
    'merge-load': { status: 'SKIPPED', retriesUsed: 0 },
  },
  released: { objects: 5, bytes: 58_000_321, left: 0 },
};

const AROUND = { options: '', now: Date.parse('2026-11-20T23:05:00.000Z') };

const endOf = (result: RunResult, results: readonly ResultFile[] = []) =>
  renderEnd({ result, results, folder: FOLDER }, [], plain, AROUND).split('\n');

describe('the end of a run', () => {
  it('shows the tasks', () => {
    expect(renderTasks(RESULT, plain).split('\n')).toEqual([
      'task        status     retries   time   in      out',
      'extract     SUCCEEDED        0  1.2 s  0 B  58.0 MB',
      'aggregate   FAILED           1      -    -        -',
      'merge-load  SKIPPED          0      -    -        -',
    ]);
  });

  it('says why it failed, what was released, and where to look', () => {
    const report = join(process.cwd(), 'report.html');
    expect(renderEnd({ result: RESULT, folder: FOLDER, report }, [], plain, AROUND).split('\n')).toEqual([
      'FAILED in 2.3 s',
      'TaskFailed: aggregate (InjectedFailure: no) failed',
      'released 5 objects, 58.0 MB; 0 left',
      'logs: .ebbtide/trips/run-1/logs',
      'report: report.html',
    ]);
  });

  it('of a run that has no folder here names none', () => {
    const kept = { ...RESULT, released: { ...RESULT.released, left: 2 }, keptUntil: '2026-11-21T23:05:00.000Z' };
    expect(renderEnd({ result: kept }, [], plain, AROUND).split('\n').slice(2)).toEqual([
      'released 5 objects, 58.0 MB; 2 left',
      'kept until 2026-11-21 23:05 UTC; to go on with it: ebbtide resume flights r1',
    ]);
  });

  it('shows until when a run is kept, and how to go on with one that failed', () => {
    const kept = { ...RESULT, keptUntil: '2026-11-21T23:05:00.000Z' };
    const last = (result: RunResult) => endOf(result).at(-1);
    expect(last(kept)).toBe('kept until 2026-11-21 23:05 UTC; to go on with it: ebbtide resume flights r1');
    expect(last({ ...kept, status: 'SUCCEEDED' })).toBe('kept until 2026-11-21 23:05 UTC');
    const elsewhere = renderEnd({ result: kept }, [], plain, { ...AROUND, options: ' --dir runs' });
    expect(elsewhere.split('\n').at(-1)).toMatch(/: ebbtide resume flights r1 --dir runs$/);
    const later = { ...AROUND, now: Date.parse('2026-11-22T00:00:00.000Z') };
    expect(renderEnd({ result: kept }, [], plain, later)).toMatch(/\nit was kept until 2026-11-21 23:05 UTC$/);
  });

  it('shows where each result lies, with its first rows, long lines cut', () => {
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    const path = join(folder, 'results/load/table.csv');
    mkdirSync(join(folder, 'results/load'), { recursive: true });
    const lines = ['city,note', `Oslo,${'x'.repeat(200)}`, ...Array.from({ length: 20 }, (_, row) => `row,${row}`)];
    writeFileSync(path, `${lines.join('\n')}\n`);
    const file: ResultFile = { task: 'load', output: 'table', path, bytes: 1_500, rows: 21 };
    const shown = endOf(RESULT, [file]);
    expect(shown.slice(0, 8)).toEqual([
      'load.table (21 rows, 1.5 kB)',
      '  results/load/table.csv',
      '  city,note',
      `  Oslo,${'x'.repeat(104)}…`,
      '  row,0',
      '  row,1',
      '  row,2',
      '  row,3',
    ]);
    expect(shown[8]).toBe('');
    const narrow = renderEnd({ result: RESULT, results: [file], folder: FOLDER }, [], plain, {
      ...AROUND,
      columns: 40,
    }).split('\n');
    expect(narrow[3]).toBe(`  Oslo,${'x'.repeat(31)}…`);
  });

  it('shows no rows of a result that is not text', () => {
    const path = join(folder, 'data.bin');
    writeFileSync(path, Buffer.from([1, 0, 2, 3]));
    const shown = endOf(RESULT, [{ task: 'load', output: 'data', path, bytes: 4 }]);
    expect([shown[0], shown[2]]).toEqual(['load.data (4 B)', '']);
  });

  it('is plain where stdout is no terminal, and in colours where it is one', () => {
    const esc = String.fromCharCode(27);
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm-256color');
    const tasks = (isTTY: boolean) => renderTasks(RESULT, styler(fakeStream(isTTY)));
    expect(tasks(false)).toBe(renderTasks(RESULT, plain));
    expect(tasks(true)).toContain(`${esc}[31mFAILED${esc}[39m`);
    vi.stubEnv('NO_COLOR', '1');
    expect(tasks(true)).toBe(renderTasks(RESULT, plain));
  });
});

const CHUNKED: RunResult = {
  ...RESULT,
  tasks: {
    list: { status: 'SUCCEEDED', retriesUsed: 0, durationMs: 100, bytesIn: 0, bytesOut: 20 },
    extract: {
      status: 'SUCCEEDED',
      retriesUsed: 3,
      durationMs: 9_000,
      bytesIn: 20,
      bytesOut: 4_000,
      chunks: { total: 100, succeeded: 98, failed: 2 },
    },
  },
  hooks: {
    alert: { status: 'OMITTED', retriesUsed: 0 },
    notify: { status: 'FAILED', retriesUsed: 0, error: { name: 'Broken', message: 'no' } },
  },
};

describe('the end of a run with chunks and hooks', () => {
  it('shows how many chunks succeeded, and the hooks behind the tasks', () => {
    expect(renderTasks(CHUNKED, plain).split('\n')).toEqual([
      'task           status     chunks  retries   time    in     out',
      'list           SUCCEEDED       -        0  0.1 s   0 B    20 B',
      'extract        SUCCEEDED  98/100        3  9.0 s  20 B  4.0 kB',
      'alert (hook)   OMITTED         -        0      -     -       -',
      'notify (hook)  FAILED          -        0      -     -       -',
    ]);
  });

  it('shows the results of all chunks as one, with the rows of the first', () => {
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    mkdirSync(join(folder, 'results/extract/table'), { recursive: true });
    const files = ['a', 'b'].map((chunk): ResultFile => {
      const path = join(folder, `results/extract/table/${chunk}.csv`);
      writeFileSync(path, `letter\n${chunk}\n`);
      return { task: 'extract', output: 'table', chunk, path, bytes: 9 };
    });
    const shown = endOf(CHUNKED, files);
    expect(shown.slice(0, 8)).toEqual([
      'extract: 2 chunks failed, which is tolerated; its data is missing',
      '  and 2 more',
      '',
      'extract.table (2 files, 18 B)',
      '  results/extract/table/',
      '  letter',
      '  a',
      '',
    ]);
  });
});

const DENIAL: Denial = {
  who: 'task "load"',
  role: 'LoadRole',
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::runs/a',
  message: 'the whole story',
};

it('a run with denials ends with them', () => {
  expect(renderDenials([DENIAL], false, plain).split('\n')).toEqual([
    '1 kind of call denied, by the roles of the Pipeline as it is deployed',
    '  task "load": s3:GetObject on arn:aws:s3:::runs/a',
  ]);
  expect(renderDenials([DENIAL, DENIAL], true, plain).split('\n')).toEqual([
    '2 kinds of call denied, by the roles of the Pipeline as it is deployed; the run succeeded all the same',
    '  task "load": s3:GetObject on arn:aws:s3:::runs/a',
    '  task "load": s3:GetObject on arn:aws:s3:::runs/a',
  ]);
});
