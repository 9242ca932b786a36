/** One axis of time for all charts: from the run's start to its end, in percents of their width. */

import { scaleUtc } from 'd3-scale';
import { type Content, type Markup, markup } from './markup.ts';

export interface TimeAxis {
  readonly totalMs: number;
  readonly cutOffMs?: number;
  /** In milliseconds since the run began. */
  readonly ticks: readonly number[];
  /** Where a time is: `12.5%`. */
  at(ms: number): string;
  /** How long a span is, and never so short that it is not seen: `0.2%`. */
  span(fromMs: number, toMs: number): string;
}

const TICKS = 6;
const LEAST_PERCENT = 0.15;

export function timeAxis({ totalMs, cutOffMs }: Pick<TimeAxis, 'totalMs' | 'cutOffMs'>): TimeAxis {
  // Durations are dates since 1970: so the ticks fall on whole seconds, minutes and hours.
  const scale = scaleUtc().domain([0, totalMs]).range([0, 100]);
  const percent = (value: number) => `${Number(value.toFixed(3))}%`;
  return {
    totalMs,
    ...(cutOffMs !== undefined && { cutOffMs }),
    ticks: scale.ticks(TICKS).map(Number),
    at: (ms) => percent(scale(ms)),
    span: (fromMs, toMs) => percent(Math.max(LEAST_PERCENT, scale(toMs) - scale(fromMs))),
  };
}

export function axisLabels({ ticks, totalMs, at }: TimeAxis): Markup {
  const shown = ticks.filter((ms) => ms <= totalMs);
  const [first, second] = shown;
  const step = first === undefined || second === undefined ? totalMs : second - first;
  const labels = shown.map((ms, index) => {
    const anchor = ms === 0 ? 'start' : ms > 0.97 * totalMs ? 'end' : 'middle';
    return markup`<text x="${at(ms)}" y="14" text-anchor="${anchor}"${index % 2 === 1 && markup` class="every-other"`}>${elapsed(ms, step)}</text>`;
  });
  return markup`<svg class="axis" width="100%" height="20" aria-hidden="true">${labels}</svg>`;
}

export function gridLines({ ticks, cutOffMs, at }: TimeAxis): Content {
  const upright = (ms: number, kind: string) =>
    markup`<line class="${kind}" x1="${at(ms)}" x2="${at(ms)}" y1="0" y2="100%"/>`;
  return [ticks.map((ms) => upright(ms, 'grid')), cutOffMs !== undefined && upright(cutOffMs, 'cut-off')];
}

/** As exact as the ticks are far apart: `1.5 s`, `40 s`, `2 min 30 s`, `1 h 30 min`. */
function elapsed(ms: number, step: number): string {
  if (ms === 0) return '0';
  if (step < 1000 && ms < 60_000)
    return step < 10 || ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(2))} s`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts.flatMap(([number, unit]) => (number > 0 ? [`${number} ${unit}`] : [])).join(' ');
}
