/** Whatever a graph is and whatever becomes of its run, its history holds together, at its end and at any time before. */

import { describe, expect, it } from 'vitest';
import { HistoryBuilder, historyOf } from '../../history/builder.ts';
import type { RunHistory, TaskHistory } from '../../history/run-history.ts';
import type { Plan } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { temporaryFolder } from '../local/fixtures.ts';
import { cases } from '../semantics/arbitraries.ts';
import { runRandom } from './random-run.ts';

const dir = temporaryFolder();
const isOver = ({ status }: TaskHistory) => !['WAITING', 'RUNNING', 'RETRYING'].includes(status);

function expectConsistent({ tasks, held, cleanups, startedAt, status, phase }: RunHistory, plan: Plan): void {
  expect(tasks.map(({ name }) => name)).toEqual(plan.functions.map(({ name }) => name));
  expect(held[0]).toEqual({ at: startedAt, bytes: 0 });
  for (const [index, { at, bytes }] of held.entries()) {
    expect(bytes).toBeGreaterThanOrEqual(0);
    if (index > 0) expect(at > (held[index - 1]?.at ?? '')).toBe(true);
  }
  for (const { startedAt: began, endedAt } of cleanups) expect((endedAt ?? began) >= began).toBe(true);
  expect(status === 'RUNNING').toBe(phase !== 'over');
  for (const task of tasks) {
    const { attempts, endedAt } = task;
    const underWay = attempts.filter((attempt) => attempt.status === 'RUNNING');
    if (underWay.length > 0) expect(task.status).toBe('RUNNING');
    else if (!task.chunks) expect(task.status).not.toBe('RUNNING');
    expect(endedAt !== undefined).toBe(isOver(task) && attempts.length > 0);
    for (const [index, attempt] of attempts.entries()) {
      expect(attempt.startedAt >= startedAt).toBe(true);
      expect(attempt.startedAt >= (attempts[index - 1]?.endedAt ?? '')).toBe(true);
      expect(attempt.endedAt === undefined).toBe(attempt.status === 'RUNNING');
      expect((attempt.endedAt ?? attempt.startedAt) >= attempt.startedAt).toBe(true);
    }
  }
}

describe('of any graph', () => {
  it.each([
    ['without hooks', cases(1, 8, 0)],
    ['with hooks and groups', cases(1, 8, 6)],
  ])(
    '%s a run has a history that holds together all the time, and ends as the result says',
    {
      timeout: 300_000,
    },
    (name, arbitrary) =>
      fc.assert(
        fc.asyncProperty(arbitrary, async (given) => {
          const { plan, events, result } = await runRandom(given, `${dir}/${name.replaceAll(' ', '-')}`);
          const builder = new HistoryBuilder(plan);
          const overs = new Map<string, string>();
          for (const event of events) {
            builder.add(event);
            const now = builder.history();
            expectConsistent(now, plan);
            for (const task of now.tasks) {
              // What is told to be over is not told otherwise later; what was still going on when the run was ended may be.
              const before = overs.get(task.name);
              if (before !== undefined && before !== 'FAILED')
                expect([task.name, task.status]).toEqual([task.name, before]);
              if (isOver(task)) overs.set(task.name, task.status);
            }
          }
          const atEnd = builder.history();
          expect(atEnd).toEqual(historyOf(plan, events));
          expect(atEnd).toMatchObject({ status: result.status, phase: 'over', result });
          const results = { ...result.tasks, ...result.hooks };
          for (const { name: of, status, retriesUsed } of atEnd.tasks)
            expect([of, status, retriesUsed]).toEqual([of, results[of]?.status, results[of]?.retriesUsed]);
          if (result.released.left === 0) expect(atEnd.held.at(-1)?.bytes).toBe(0);

          // The events alone tell what the result does, but for what was omitted, and what was under way.
          const told = historyOf(plan, events.slice(0, -1));
          for (const { name: of, status, attempts } of told.tasks) {
            const expected = results[of]?.status;
            if (status === 'WAITING') expect(['OMITTED', 'SKIPPED']).toContain(expected);
            else if (!attempts.some((attempt) => attempt.status === 'STOPPED'))
              expect([of, status]).toEqual([of, expected]);
          }
        }),
        { numRuns: 25, endOnFailure: true },
      ),
  );
});
