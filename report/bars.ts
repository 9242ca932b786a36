/** The attempts of a task as bars: one after the other, its chunks in lanes, or how many of them ran at once. */

import { area, curveStepAfter } from 'd3-shape';
import type { AttemptHistory } from '../history/run-history.ts';
import type { AnyStatus } from '../history/status-words.ts';
import { formatCount } from '../history/units.ts';
import type { Facts, Part } from './facts.ts';
import { atOnce, intoLanes, type Span } from './lanes.ts';
import { type Content, type Markup, markup } from './markup.ts';
import { classOf, signAt, wordOf } from './status.ts';
import type { TimeAxis } from './time-axis.ts';
import { formatTook } from './words.ts';

export interface Bar extends Span {
  readonly status: AnyStatus;
  readonly title: string;
}

interface Bars {
  readonly drawn: Content;
  readonly height: number;
}

/** More attempts at chunks are drawn together. */
const SINGLY_DRAWN = 600;
const SHAPE_HEIGHT = 56;
const MARKED_FAILURES = 100;

export function bars(part: Part, { totalMs, msOf }: Facts, axis: TimeAxis): Bars {
  const { history, name, startMs = 0, endMs = totalMs } = part;
  const spans = history.attempts.map((attempt): Bar => {
    const from = msOf(attempt.startedAt);
    const to = attempt.endedAt === undefined ? totalMs : msOf(attempt.endedAt);
    const title = `${name}, ${whichOf(attempt)}: ${wordOf(attempt.status)}, ${formatTook(to - from)}`;
    return { startMs: from, endMs: to, status: attempt.status, title };
  });
  if (spans.length === 0 || (history.chunks && !history.attempts.some(({ chunks }) => chunks)))
    return inOne(
      [{ startMs, endMs, status: history.status, title: `${name}: ${wordOf(history.status)}` }, ...spans],
      axis,
    );
  if (!history.attempts.some(({ chunks }) => chunks)) return inOne(spans, axis);
  return spans.length > SINGLY_DRAWN ? asShape(name, spans, axis) : inThinLanes(spans, axis);
}

function whichOf({ attempt, chunks, gather }: AttemptHistory): string {
  const which = `attempt ${attempt}`;
  if (gather) return `gathering its chunks, ${which}`;
  const [first = '', ...more] = chunks ?? [];
  if (!chunks) return which;
  return more.length > 0
    ? `${formatCount(chunks.length, 'chunk')} from ${first} on, ${which}`
    : `chunk ${first}, ${which}`;
}

function inOne(spans: readonly Bar[], axis: TimeAxis): Bars {
  const between = spans.slice(1).flatMap(({ startMs }, index) => {
    const before = spans[index]?.endMs ?? startMs;
    return startMs > before
      ? [
          markup`<line class="between" x1="${axis.at(before)}" x2="${axis.at(startMs)}" y1="11" y2="11"><title>waited ${formatTook(startMs - before)} before the next attempt</title></line>`,
        ]
      : [];
  });
  return {
    height: 22,
    drawn: [between, spans.map((span) => bar(span, 5, 12, axis)), spans.map((span) => sign(span, 11, axis))],
  };
}

function inThinLanes(spans: readonly Bar[], axis: TimeAxis): Bars {
  const { laneOf, lanes } = intoLanes(spans);
  const [thick, gap] = lanes <= 4 ? [9, 2] : lanes <= 12 ? [6, 1.5] : lanes <= 48 ? [3, 1] : [2, 0.5];
  const drawn = spans.map((span, index) => bar(span, 4 + (laneOf[index] ?? 0) * (thick + gap), thick, axis));
  return { height: Math.max(22, Math.ceil(8 + lanes * (thick + gap))), drawn };
}

/** How many ran at once; those that failed as marks above. */
function asShape(name: string, spans: readonly Bar[], axis: TimeAxis): Bars {
  const points = atOnce(spans);
  const most = points.reduce((most, { count }) => Math.max(most, count), 1);
  const shape = area<(typeof points)[number]>()
    .x(({ ms }) => (1000 * ms) / axis.totalMs)
    .y0(SHAPE_HEIGHT)
    .y1(({ count }) => SHAPE_HEIGHT - (count / most) * SHAPE_HEIGHT)
    .curve(curveStepAfter)
    .digits(1);
  const failed = spans.filter(({ status }) => status === 'FAILED');
  const title = `${name}: ${formatCount(spans.length, 'attempt')} at its chunks, up to ${most} at once, ${failed.length} failed`;
  const marks = failed
    .slice(0, MARKED_FAILURES)
    .map(
      ({ endMs, title }) =>
        markup`<g class="${classOf('FAILED')}"><title>${title}</title><rect class="mark" x="${axis.at(endMs)}" width="2" y="2" height="6"/></g>`,
    );
  return {
    height: SHAPE_HEIGHT + 14,
    drawn: [
      markup`<svg x="0" y="10" width="100%" height="${SHAPE_HEIGHT}" viewBox="0 0 1000 ${SHAPE_HEIGHT}" preserveAspectRatio="none"><title>${title}</title><path class="bar" d="${shape(points) ?? ''}"/></svg>`,
      marks,
    ],
  };
}

function bar({ startMs, endMs, status, title }: Bar, y: number, height: number, axis: TimeAxis): Markup {
  return markup`<rect class="bar ${classOf(status)}" x="${axis.at(startMs)}" width="${axis.span(startMs, endMs)}" y="${y}" height="${height}" rx="${Math.min(2, height / 3)}"><title>${title}</title></rect>`;
}

function sign({ startMs, endMs, status }: Bar, y: number, axis: TimeAxis): Content {
  if (status !== 'FAILED' && status !== 'STOPPED') return false;
  // In the middle of a long one; beside a short one it would lie on the next.
  return signAt(status, axis.at((startMs + endMs) / 2), y, 12);
}
