/** What a run costs, and a month, part by part, with what was assumed. */

import type { Cost, CostPart } from '../../../state-machines/cost/cost.ts';
import { PRICE_SOURCES } from '../../../state-machines/cost/prices.ts';
import type { SecondsFrom, Work } from '../../../state-machines/cost/work.ts';
import { listed, section } from './lines.ts';

export interface ShownCost extends Cost {
  /** As it was asked for: `rate(1 hour)`. */
  readonly when?: string;
}

export function renderCost({ run, retries, month, idle, work, region, asOf, when }: ShownCost): string[] {
  const [usd, parts] = month ? [month.usd, month.parts] : [idle.usd, idle.parts];
  const monthly = month
    ? `a month costs about ${usd.toFixed(2)} USD at ${amountText(month.runs)} runs${when ? `, ${when}` : ''}:`
    : `the deployment costs about ${usd.toFixed(2)} USD a month without any run (--schedule or --runs-per-month adds them):`;
  return [
    ...section(`a run costs about ${usdText(run.usd)} USD where all goes well:`, run.parts.map(row(6)), ALIGN),
    ...(retries.most > 0
      ? [
          `a retry is one more state transition, request and time of its function; all of them, ${amountText(retries.most)} at the most, cost ${usdText(retries.usd)} USD more`,
        ]
      : []),
    ...assumptions(work),
    ...section(monthly, parts.map(row(2)), ALIGN),
    '',
    `an estimate, by list prices of ${region}, ${asOf}, free tiers left out (but for the dashboard: an account's first three)`,
    'not in it: storage, logs, traffic, and what handlers call',
    ...listed('prices: ', PRICE_SOURCES),
  ];
}

const ALIGN = ['left', 'right', 'left', 'right'] as const;

function row(decimals: number): (part: CostPart) => string[] {
  return ({ what, amount, unit, usd }) => [what, amountText(amount), unit, usd.toFixed(decimals)];
}

/** How long each function was taken to run, and how often for chunks. */
function assumptions(work: readonly Work[]): string[] {
  const own = work.filter(({ what }) => what === 'task' || what === 'chunks' || what === 'hook');
  const groups = Map.groupBy(own, ({ from }) => from);
  return [
    ...[...groups].flatMap(([from, those]) => assumed(from, those)),
    ...own
      .filter(({ what }) => what === 'chunks')
      .map(
        ({ of = '', invocations }) =>
          `${of} is reckoned to be invoked ${amountText(invocations)} times for its chunks; --chunks ${of}=<n> says how many there are`,
      ),
  ];
}

function assumed(from: SecondsFrom, those: readonly Work[]): string[] {
  const names = those.map(({ of = '' }) => of);
  const each = amountText(those[0]?.seconds ?? 0);
  const timed = those.map(({ of = '', seconds }) => `${of} ${amountText(seconds)} s`);
  switch (from) {
    case 'given':
      return listed('an invocation takes, as given: ', timed);
    case 'expectedSeconds':
      return listed('an invocation takes, by expectedSeconds: ', timed);
    case 'mean':
      return listed(`taken as ${each} s, the mean of the others (--seconds <task>=<n> says better): `, names);
    case 'assumed':
      return listed(`taken as ${each} s, as nothing says more (expectedSeconds, --seconds <task>=<n>): `, names);
    default:
      return from satisfies never;
  }
}

function amountText(amount: number): string {
  return amount.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function usdText(usd: number): string {
  return usd >= 1 ? usd.toFixed(2) : usd.toFixed(5);
}
