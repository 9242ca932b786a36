import { describe, expect, it } from 'vitest';
import { drawChart } from '../../bench/storage/chart.ts';
import { planRuns } from '../../bench/storage/runs.ts';
import { pathMilliseconds } from '../../bench/storage/tide.ts';

describe('the runs of the benchmark', () => {
  const plan = { runs: 200, seed: 4, spanMs: 60_000 };

  it('are the same for the same seed, and others for another', () => {
    expect(planRuns(plan)).toEqual(planRuns(plan));
    expect(planRuns({ ...plan, seed: 5 })).not.toEqual(planRuns(plan));
  });

  it('are ended from outside in a fifth of all cases, some unheard, while their tasks are at work', () => {
    const runs = planRuns(plan);
    const ended = runs.filter(({ ending }) => ending !== 'success');
    expect([ended.length, ended.filter(({ ending }) => ending === 'aborted').length]).toEqual([40, 20]);
    expect(runs.filter(({ eventLost }) => eventLost)).toHaveLength(10);
    expect(runs.filter(({ eventLost, ending }) => eventLost && ending === 'success')).toEqual([]);
    for (const { endAfterMs, tide } of ended) expect(endAfterMs).toBeLessThan(pathMilliseconds(tide));
  });

  it('begin within the span', () => {
    for (const { atMs } of planRuns(plan)) {
      expect(atMs).toBeGreaterThanOrEqual(0);
      expect(atMs).toBeLessThanOrEqual(plan.spanMs);
    }
  });
});

it('the picture has both curves, a mark for each ending and each visit, and colours for light and dark', () => {
  const svg = drawChart({
    title: 'a < b',
    subtitle: '',
    samples: [
      { seconds: 0, mebibytes: 0, activeRuns: 0 },
      { seconds: 10, mebibytes: 3.2, activeRuns: 7 },
    ],
    endings: [
      { seconds: 3, eventLost: false },
      { seconds: 4, eventLost: true },
    ],
    reaps: [5],
  });
  expect(svg).toContain('a &lt; b');
  expect(svg).toMatch(/<polyline class="active" points="72,344 .*888,/);
  expect(svg).toMatch(/<polyline class="held" points="72,344 888,/);
  // One of each is the legend's.
  expect(svg.match(/class="ended"/g)).toHaveLength(2);
  expect(svg.match(/class="lost"/g)).toHaveLength(2);
  expect(svg.match(/class="reap"/g)).toHaveLength(2);
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).not.toContain('NaN');
});
