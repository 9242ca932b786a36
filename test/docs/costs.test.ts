import { describe, expect, it } from 'vitest';
import { costOf } from '../../state-machines/cost/cost.ts';
import { PRICE_SOURCES, PRICES } from '../../state-machines/cost/prices.ts';
import { compile } from '../../state-machines/index.ts';
import { planOf } from '../graph/graphs.ts';
import { textOf } from './pages.ts';

const page = textOf('docs/operating.md');
const section = page.slice(page.indexOf('## What it costs'), page.indexOf('## Upgrading'));

describe('what docs/operating.md says of costs is what a plan reckons', () => {
  const plan = planOf('a -> b -> d, a -> c -> d');
  const { statesEntered } = compile(plan);
  const { idle, run } = costOf(plan, statesEntered);

  it('while nothing runs', () => {
    const told = [...section.matchAll(/^\| (alarms|`BytesHeld`|the reaper.*|its traces) \| .* \| (\d\.\d\d) \|$/gm)];
    expect(told.map(([, , usd]) => usd)).toEqual(idle.parts.map(({ usd }) => usd.toFixed(2)));
    expect(section).toContain(`| **${idle.usd.toFixed(2)}** |`);
  });

  it('of a diamond of four tasks', () => {
    expect(section).toContain(`enters ${statesEntered} states, ${run.parts[0]?.usd.toFixed(5)}`);
  });

  it('by the same prices, of the same month, from the same pages', () => {
    expect(section).toContain('us-east-1, November 2026');
    expect([PRICES.region, PRICES.asOf]).toEqual(['us-east-1', '2026-11']);
    for (const source of PRICE_SOURCES) expect(section).toContain(source);
    expect(section).toContain(`${PRICES.stateTransition * 1_000} a thousand transitions`);
    expect(section).toContain(`${PRICES.s3Write * 1_000} a thousand writes and lists`);
    expect(section).toContain(`${(PRICES.s3Read * 1_000).toFixed(4)} a thousand reads`);
    expect(section).toContain(`${PRICES.lambdaGbSecond.toFixed(7)} a GB-second`);
  });
});
