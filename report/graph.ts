/** The graph in layers, each task a link to its row; the hooks and the cleanup behind it, apart. */

import { curveBumpX, curveBumpY, line } from 'd3-shape';
import { formatBytes, formatCount } from '../history/units.ts';
import { cutText } from '../state-machines/contract/result.ts';
import type { HookOwner } from '../state-machines/graph/declarations.ts';
import { durationMsOf, type Facts, type Part } from './facts.ts';
import {
  type GraphLayout,
  type Line,
  labelOf,
  layoutOf,
  NAME_LENGTH,
  NODE_HEIGHT,
  type Place,
  type Point,
} from './layout.ts';
import { type Markup, markup } from './markup.ts';
import { classOf, signOf, wordOf } from './status.ts';
import { cleanupStatus, HOOK_WORDS } from './steps.ts';
import { formatTook, whyNotRun } from './words.ts';

/** As wide as the small text's are at most, on average. */
const SMALL_CHARACTER = 7;

export function renderGraph(facts: Facts): Markup {
  const layout = layoutOf(facts);
  const { plan, tasks } = facts;
  const order = layout.lines.some(({ refs }) => refs.length === 0);
  return markup`<section aria-labelledby="graph-title">
<h2 id="graph-title">Graph</h2>
<p class="note">${formatCount(tasks.length, 'task')} in ${formatCount(plan.waves().length, 'layer')}; each is a link to its row in the table. An arrow is data that one task takes of another${order && '; a dashed one is an order without data'}.</p>
<div class="scroll graph-box" tabindex="0" role="region" aria-label="Graph of the tasks">
${drawing(layout, facts)}
</div>
${afterwards(facts)}
</section>`;
}

function drawing({ width, height, places, lines }: GraphLayout, facts: Facts): Markup {
  return markup`<svg class="graph" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="Tasks and the data between them">
<g class="edges">${lines.map(edge)}</g>
${places.map((place) => node(place, facts))}
</svg>`;
}

function edge({ from, to, refs, points, label }: Line): Markup {
  const title =
    refs.length > 0 ? `${to.name} takes ${refs.join(', ')} of ${from.name}` : `${to.name} comes after ${from.name}`;
  const text =
    label &&
    markup`<text class="ref" x="${round(label.x)}" y="${round(label.y + 4)}" text-anchor="middle">${labelOf(refs)}</text>`;
  const unused = to.history.status === 'SKIPPED' || to.history.status === 'OMITTED';
  return markup`<g class="edge${refs.length === 0 && ' order'}${unused && ' unused'}"><title>${title}</title><path d="${pathThrough(points)}" marker-end="url(#arrow)"/>${text}</g>`;
}

function pathThrough(points: readonly Point[]): string {
  const [first, last] = [points[0], points.at(-1)];
  const across = first && last && Math.abs(last.x - first.x) >= Math.abs(last.y - first.y);
  const path = line<Point>(
    ({ x }) => x,
    ({ y }) => y,
  )
    .curve(across ? curveBumpX : curveBumpY)
    .digits(1);
  return path([...points]) ?? '';
}

function node({ part, x, y, width }: Place, facts: Facts): Markup {
  const { name, id, history } = part;
  const [took, more] = [statusLine(part), moreOf(part, facts)];
  const label = [name, took, ...(more ? [more] : [])].join(', ');
  const left = round(x + 12);
  return markup`<a href="#${id}" class="node ${classOf(history.status)}" aria-label="${label}"><title>${label}</title>
<rect class="card" x="${round(x)}" y="${round(y)}" width="${width}" height="${NODE_HEIGHT}" rx="8"/>
<svg x="${left}" y="${round(y + 11)}" width="16" height="16">${signOf(history.status)}</svg>
<text class="name" x="${round(x + 36)}" y="${round(y + 24)}">${shorten(name, NAME_LENGTH)}</text>
<text class="facts" x="${left}" y="${round(y + 44)}">${took}</text>
${more && markup`<text class="facts" x="${left}" y="${round(y + 61)}">${cutText(more, Math.floor((width - 16) / SMALL_CHARACTER))}</text>`}
</a>`;
}

function statusLine(part: Part): string {
  const tookMs = durationMsOf(part);
  return tookMs === undefined ? wordOf(part.history.status) : `${wordOf(part.history.status)} · ${formatTook(tookMs)}`;
}

/** What else is worth to know at a glance. */
function moreOf(part: Part, facts: Facts): string | undefined {
  const { status, chunks, attempts, bytesOut } = part.history;
  if (status === 'SKIPPED' || status === 'OMITTED') return whyNotRun(part, facts)?.replace(/^because /, '');
  const tried = chunks ? 0 : attempts.length;
  const known = [
    ...(chunks ? [`${chunks.succeeded}/${formatCount(chunks.total, 'chunk')}`] : []),
    ...(tried > 1 ? [formatCount(tried, 'attempt')] : []),
    ...(bytesOut !== undefined && bytesOut > 0 ? [formatBytes(bytesOut)] : []),
  ];
  return known.length > 0 ? known.join(' · ') : undefined;
}

/** In the middle, since names that begin alike mostly end differently. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = Math.floor((length - 1) / 2);
  return `${text.slice(0, length - 1 - half)}…${text.slice(-half)}`;
}

function afterwards(facts: Facts): Markup {
  const { hooks, plan } = facts;
  const inside = hooks.filter(({ history: { hook } }) => hook !== 'after-execution');
  const after = hooks.filter(({ history: { hook } }) => hook === 'after-execution');
  const card = (part: Part) => {
    const planned = plan.hook(part.name);
    const about =
      planned && planned.owner.kind !== 'graph' && planned.about.length > 0 && ` of ${ownerOf(planned.owner)}`;
    const tookMs = durationMsOf(part);
    return step(
      part.id,
      part.name,
      part.history.status,
      `${HOOK_WORDS[part.history.hook ?? 'finally']}${about || ''}`,
      tookMs,
    );
  };
  const { status, tookMs } = cleanupStatus(facts);
  return markup`<h3 class="quiet" id="afterwards-title">Behind the tasks</h3>
<ol class="steps" aria-labelledby="afterwards-title">${inside.map(card)}
${step('cleanup', 'Cleanup', status, 'always', tookMs)}
${after.map(card)}</ol>`;
}

function ownerOf(owner: HookOwner): string {
  switch (owner.kind) {
    case 'group':
      return owner.group;
    case 'task':
      return owner.task;
    case 'graph':
      return 'the graph';
    default:
      return owner satisfies never;
  }
}

function step(
  id: string,
  name: string,
  status: Part['history']['status'],
  kind: string,
  tookMs: number | undefined,
): Markup {
  const took = tookMs === undefined ? '' : ` · ${formatTook(tookMs)}`;
  return markup`<li><a href="#${id}" class="step ${classOf(status)}"><span class="kind">${kind}</span><span class="name">${signOf(status)}${name}</span><span class="facts">${wordOf(status)}${took}</span></a></li>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
