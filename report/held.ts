/** The bytes of intermediates that were there, over time. */

import { scaleLinear } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { formatBytes, formatCount } from '../history/units.ts';
import { type Facts, isOver } from './facts.ts';
import { type Markup, markup } from './markup.ts';
import { axisLabels, gridLines, type TimeAxis } from './time-axis.ts';
import { formatTook } from './words.ts';

const HEIGHT = 150;
const WIDTH = 1000;
/** More changes are in no table: nobody reads them. */
const LISTED = 200;

interface Held {
  readonly ms: number;
  readonly bytes: number;
}

export function renderHeld(facts: Facts, axis: TimeAxis): Markup {
  const { history, totalMs, msOf } = facts;
  const told = history.held.map(({ at, bytes }): Held => ({ ms: msOf(at), bytes: Math.max(0, bytes) }));
  const nothing: Held = { ms: 0, bytes: 0 };
  const last = told.at(-1) ?? nothing;
  const points = [...told, { ms: totalMs, bytes: last.bytes }];
  const peak = points.reduce((most, point) => (point.bytes > most.bytes ? point : most), nothing);
  const kept = last.bytes > 0 && history.result?.keptUntil !== undefined && ', which is kept';
  const end = isOver(history) ? `at the end${kept || ''}` : 'so far';
  const summary = `At most ${formatBytes(peak.bytes)}, after ${formatTook(peak.ms)}; ${formatBytes(last.bytes)} ${end}.`;
  return markup`<section aria-labelledby="held-title">
<h2 id="held-title">Data held</h2>
<p class="note"><strong>${summary}</strong> ${whenCleaned(facts, told)} Counted is what committed tasks have written under the run’s prefix; it goes as soon as its last reader has committed, and the rest with the cleanup.</p>
<figure class="held" role="group" aria-labelledby="held-title">
${chart(points, peak, summary, axis)}
${asTable(told)}
</figure>
</section>`;
}

/** What the releases had not taken already. */
function whenCleaned({ history, msOf }: Facts, points: readonly Held[]): string {
  const first = history.cleanups[0];
  if (!first) return '';
  const ms = msOf(first.startedAt);
  const before = points.findLast((point) => point.ms <= ms)?.bytes ?? 0;
  return `${formatBytes(before)} ${before === 0 ? 'were' : 'was'} left when the cleanup began.`;
}

function chart(points: readonly Held[], peak: Held, summary: string, axis: TimeAxis): Markup {
  const most = Math.max(1, peak.bytes);
  const y = scaleLinear()
    .domain([0, most])
    .range([HEIGHT - 1, 8]);
  const x = ({ ms }: Held) => (WIDTH * ms) / axis.totalMs;
  const height = ({ bytes }: Held) => y(bytes);
  const shape = area<Held>(x, y(0), height).curve(curveStepAfter).digits(1);
  const outline = line<Held>(x, height).curve(curveStepAfter).digits(1);
  const levels = peak.bytes > 0 ? [0, most / 2, most] : [0];
  return markup`<div class="chart"><svg class="levels" width="100%" height="${HEIGHT}" aria-hidden="true">${levels.map(
    (bytes) =>
      markup`<text x="100%" dx="-12" y="${Math.max(12, y(bytes) + (bytes === 0 ? -2 : 4))}" text-anchor="end">${formatBytes(Math.round(bytes))}</text>`,
  )}</svg>
<div><svg class="bars" width="100%" height="${HEIGHT}" role="img" aria-label="Bytes held over time. ${summary}">${gridLines(axis)}
${levels.map((bytes) => markup`<line class="grid" x1="0" x2="100%" y1="${y(bytes)}" y2="${y(bytes)}"/>`)}
<svg width="100%" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="area" d="${shape([...points]) ?? ''}"/><path class="outline" d="${outline([...points]) ?? ''}"/></svg></svg>
${axisLabels(axis)}</div></div>`;
}

function asTable(points: readonly Held[]): Markup {
  const changes = points
    .map((point, index) => ({ ...point, by: point.bytes - (points[index - 1]?.bytes ?? 0) }))
    .filter(({ by }) => by !== 0);
  const listed =
    changes.length > LISTED ? changes.toSorted((a, b) => Math.abs(b.by) - Math.abs(a.by)).slice(0, LISTED) : changes;
  const caption =
    changes.length > LISTED
      ? `The ${LISTED} largest of ${formatCount(changes.length, 'change')}`
      : formatCount(changes.length, 'change');
  return markup`<details><summary>As a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Bytes held, as a table"><table class="plain"><caption>${caption}</caption>
<thead><tr><th scope="col" class="number">after</th><th scope="col" class="number">change</th><th scope="col" class="number">held then</th></tr></thead>
<tbody>${listed
    .toSorted((a, b) => a.ms - b.ms)
    .map(
      ({ ms, by, bytes }) =>
        markup`<tr><td class="number">${formatTook(ms)}</td><td class="number">${by > 0 ? '+' : '−'}${formatBytes(Math.abs(by))}</td><td class="number">${formatBytes(bytes)}</td></tr>`,
    )}</tbody></table></div></details>`;
}
