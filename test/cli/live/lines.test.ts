import { describe, expect, it } from 'vitest';
import { progressLines } from '../../../cli/live/lines.ts';
import type { UntimedEvent } from '../../../history/events.ts';
import { json, TaskGraph } from '../../../state-machines/index.ts';

const plain = (_: unknown, text: string) => text;
const graph = new TaskGraph('flights');
graph.addTask('extract', { outputs: { rows: json<number>() }, retries: 2 });
const plan = graph.build();

function progress(where?: string) {
  const all: string[] = [];
  const report = progressLines({ plan, print: (line) => all.push(line), style: plain, ...(where && { where }) });
  return {
    all,
    /** Without their times. */
    lines: () => all.map((line) => line.replace(/^ .{9}/, '')),
    report: (event: UntimedEvent, seconds = 0) => report({ at: new Date(seconds * 1000).toISOString(), ...event }),
  };
}

describe('progress', () => {
  it('of chunks is a line for each quarter of them that is done, and for each attempt that failed', () => {
    const { lines, report } = progress();
    const error = { name: 'Broken', message: 'no' };
    report({ type: 'chunks-started', task: 'extract', count: 10 });
    for (let chunk = 0; chunk < 10; chunk++) {
      const attempt = { task: 'extract', attempt: 1, chunks: [`c${chunk}`] };
      report({ type: 'attempt-started', ...attempt });
      if (chunk === 4) {
        report({ type: 'attempt-failed', ...attempt, durationMs: 5, error });
        report({ type: 'attempt-started', ...attempt, attempt: 2 });
      }
      report({ type: 'attempt-succeeded', ...attempt, attempt: chunk === 4 ? 2 : 1, durationMs: 5 });
    }
    report({ type: 'attempt-started', task: 'extract', attempt: 1, gather: true }, 2);
    report({ type: 'attempt-succeeded', task: 'extract', attempt: 1, gather: true, durationMs: 5, bytesOut: 2_000 }, 2);
    expect(lines()).toEqual([
      '> extract in 10 chunks',
      '- extract 3 of 10 chunks',
      '! extract [c4] failed: Broken: no',
      '~ extract [c4] again (attempt 2 of 3)',
      '- extract 5 of 10 chunks',
      '- extract 8 of 10 chunks',
      '- extract 10 of 10 chunks',
      '+ extract done in 2.0 s, 2.0 kB out',
    ]);
  });

  it('of chunks that fail in great numbers is a line for each of the first ten attempts only', () => {
    const { lines, report } = progress();
    report({ type: 'chunks-started', task: 'extract', count: 50 });
    for (let chunk = 0; chunk < 50; chunk++) {
      const attempt = { task: 'extract', attempt: 1, chunks: [`c${chunk}`] };
      report({ type: 'attempt-started', ...attempt });
      report({ type: 'attempt-failed', ...attempt, durationMs: 5, error: { name: 'Broken', message: 'no' } });
      report({ type: 'attempt-started', ...attempt, attempt: 2 });
    }
    expect(lines().filter((line) => line.includes('failed'))).toHaveLength(10);
    expect(lines().at(-1)).toBe('! extract: more attempts fail; the log of extract tells of all');
    report({ type: 'attempt-failed', task: 'load', attempt: 1, durationMs: 5, error: { name: 'Odd', message: 'x' } });
    expect(lines().at(-1)).toBe('! load failed: Odd: x');
  });

  it('names a few chunks of a batch', () => {
    const { lines, report } = progress();
    const error = { name: 'Broken', message: 'no' };
    const chunks = ['a', 'b', 'c', 'd', 'e'];
    report({ type: 'attempt-failed', task: 'extract', attempt: 1, chunks, durationMs: 5, error });
    expect(lines()).toEqual(['! extract [a, b, c and 2 more] failed: Broken: no']);
  });

  it('says of a hook what kind it is', () => {
    const { lines, report } = progress();
    const hook = { task: 'alert', attempt: 1, hook: 'errors' } as const;
    report({ type: 'attempt-started', ...hook });
    report({ type: 'attempt-succeeded', ...hook, durationMs: 100 });
    expect(lines()).toEqual(['> alert (errors)', '+ alert (errors) done in 0.1 s']);
  });

  it('says what was denied, and that nothing was checked', () => {
    const { lines, report } = progress();
    const denial = { who: 'task "a"', role: 'A', action: 's3:GetObject', resource: 'arn', message: 'the whole story' };
    report({ type: 'denied', denial });
    report({ type: 'permissions-not-checked' });
    expect(lines()).toEqual([
      'x denied: the whole story',
      '! permissions are not checked: @cloud-copilot/iam-simulate, an optional dependency, is not installed',
    ]);
  });

  it('is one line for each thing that happens to a task, with the bytes that it read and wrote', () => {
    const { all, report } = progress('on this machine, .ebbtide');
    const error = { name: 'Broken', message: 'no' };
    report({ type: 'run-started', input: {}, pipeline: 'flights', run: 'r1', folder: '/r1', tasks: ['extract'] }, 100);
    report({ type: 'synthesis-started' }, 100);
    report({ type: 'attempt-started', task: 'extract', attempt: 1 }, 101);
    report({ type: 'attempt-failed', task: 'extract', attempt: 1, durationMs: 5, error }, 102);
    report({ type: 'attempt-started', task: 'extract', attempt: 2 }, 103);
    report({ type: 'attempt-failed', task: 'extract', attempt: 2, durationMs: 5, error }, 104);
    report({ type: 'attempt-started', task: 'extract', attempt: 3 }, 105);
    const figures = { durationMs: 1_500, bytesIn: 1_200_000, bytesOut: 0 };
    report({ type: 'attempt-succeeded', task: 'extract', attempt: 3, ...figures }, 106.5);
    report({ type: 'cleanup-started' }, 107);
    report({ type: 'cleanup-ended', done: true, left: 0 }, 107.5);
    report({ type: 'execution-ended', status: 'SUCCEEDED' }, 108);
    expect(all).toEqual([
      'flights on this machine, .ebbtide: run r1',
      '   0.0 s  > bundling and synthesis',
      '   1.0 s  > extract',
      '   2.0 s  ! extract failed: Broken: no',
      '   3.0 s  ~ extract again (attempt 2 of 3)',
      '   4.0 s  ! extract (attempt 2 of 3) failed: Broken: no',
      '   5.0 s  ~ extract again (attempt 3 of 3)',
      '   6.5 s  + extract done in 1.5 s, 1.2 MB in',
      '   7.0 s  > cleanup',
      '   7.5 s  + cleanup done in 0.5 s',
    ]);
  });

  it('says that an execution was ended from outside, and that its cleanup follows', () => {
    const { lines, report } = progress();
    report({ type: 'execution-ended', status: 'ABORTED' });
    report({ type: 'cleanup-started' });
    report({ type: 'cleanup-ended', done: false });
    expect(lines()).toEqual([
      '! the execution has ended ABORTED: its hooks and its cleanup follow',
      '> cleanup',
      '~ cleanup is not done yet',
    ]);
  });

  it('counts chunks of which no attempt is told', () => {
    const { lines, report } = progress();
    report({ type: 'chunks-started', task: 'extract', count: 1_000 });
    for (const succeeded of [100, 260, 270, 1_000])
      report({ type: 'chunks-counted', task: 'extract', succeeded, failed: 0 });
    expect(lines()).toEqual([
      '> extract in 1,000 chunks',
      '- extract 260 of 1,000 chunks',
      '- extract 1,000 of 1,000 chunks',
    ]);
  });
});
