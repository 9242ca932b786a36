/** The curve of storage over time, as an SVG that is readable on light and on dark. */

export interface ChartSeries {
  readonly title: string;
  readonly subtitle: string;
  /** In the order of time. */
  readonly samples: readonly { readonly seconds: number; readonly mebibytes: number; readonly activeRuns: number }[];
  /** When runs were ended from outside, and whether anybody heard of it. */
  readonly endings: readonly { readonly seconds: number; readonly eventLost: boolean }[];
  /** When the reaper came. */
  readonly reaps: readonly number[];
}

const SIZE = { width: 960, height: 440 };
const PLOT = { left: 72, right: 888, top: 104, bottom: 344 };
const MARKS = { endings: PLOT.bottom + 18, reaps: PLOT.bottom + 34, seconds: PLOT.bottom + 58 };
const INTERVALS = 4;

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #52514e; }
  .title { font-size: 18px; font-weight: 600; fill: #0b0b0b; }
  .surface { fill: #fcfcfb; }
  .grid { stroke: #e3e2de; }
  .axis { stroke: #b5b4ae; }
  .held { stroke: #2a78d6; stroke-width: 2; fill: none; stroke-linejoin: round; }
  .area { fill: #2a78d6; opacity: .16; }
  .active { stroke: #d1531f; stroke-width: 2; fill: none; stroke-linejoin: round; }
  .of-held { fill: #1f63b5; font-weight: 600; }
  .of-active { fill: #b8430f; font-weight: 600; }
  .ended { stroke: #52514e; stroke-width: 1.5; }
  .lost { stroke: #c2185b; stroke-width: 2; }
  .reap { fill: #1f8a5b; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3c2b7; }
    .title { fill: #ffffff; }
    .surface { fill: #1a1a19; }
    .grid { stroke: #343432; }
    .axis { stroke: #6b6a65; }
    .held { stroke: #4c96ee; }
    .area { fill: #4c96ee; opacity: .22; }
    .active { stroke: #ef7d45; }
    .of-held { fill: #7db4f5; }
    .of-active { fill: #f49b6d; }
    .ended { stroke: #c3c2b7; }
    .lost { stroke: #ff6fa3; }
    .reap { fill: #4fc48f; }
  }`;

export function drawChart({ title, subtitle, samples, endings, reaps }: ChartSeries): string {
  const end = samples.at(-1)?.seconds ?? 1;
  const held = axisTo(Math.max(1, ...samples.map(({ mebibytes }) => mebibytes)));
  const active = axisTo(Math.max(1, ...samples.map(({ activeRuns }) => activeRuns)));
  const x = (seconds: number) => round(PLOT.left + (seconds / end) * (PLOT.right - PLOT.left));
  const y = (share: number) => round(PLOT.bottom - share * (PLOT.bottom - PLOT.top));
  const heldLine = samples.map(({ seconds, mebibytes }) => `${x(seconds)},${y(mebibytes / held)}`);
  // A count holds until the next one: steps, not slopes.
  const activeLine = samples.flatMap(({ seconds, activeRuns }, index) => {
    const before = samples[index - 1]?.activeRuns ?? activeRuns;
    return [`${x(seconds)},${y(before / active)}`, `${x(seconds)},${y(activeRuns / active)}`];
  });
  const steps = Array.from({ length: INTERVALS + 1 }, (_, step) => step);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escapeXml(`${title}. ${subtitle}`)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="surface" width="${SIZE.width}" height="${SIZE.height}" rx="8"/>`,
    text(PLOT.left - 48, 34, title, 'title'),
    text(PLOT.left - 48, 56, subtitle),
    text(PLOT.left - 48, PLOT.top - 16, 'bytes held, MiB', 'of-held'),
    text(PLOT.right + 48, PLOT.top - 16, 'active runs', 'of-active', 'end'),
    ...steps.flatMap((step) => [
      line(PLOT.left, y(step / INTERVALS), PLOT.right, y(step / INTERVALS), step === 0 ? 'axis' : 'grid'),
      text(PLOT.left - 10, y(step / INTERVALS) + 4, shown((held * step) / INTERVALS), 'of-held', 'end'),
      text(PLOT.right + 10, y(step / INTERVALS) + 4, shown((active * step) / INTERVALS), 'of-active'),
    ]),
    `<polygon class="area" points="${[`${PLOT.left},${PLOT.bottom}`, ...heldLine, `${x(end)},${PLOT.bottom}`].join(' ')}"/>`,
    `<polyline class="active" points="${activeLine.join(' ')}"/>`,
    `<polyline class="held" points="${heldLine.join(' ')}"/>`,
    ...endings.map(({ seconds, eventLost }) => cross(x(seconds), MARKS.endings, eventLost ? 'lost' : 'ended')),
    ...reaps.map((seconds) => triangle(x(seconds), MARKS.reaps)),
    ...ticksTo(end).map((seconds) => text(x(seconds), MARKS.seconds, `${shown(seconds)} s`, '', 'middle')),
    ...legend(),
    '</svg>\n',
  ].join('\n');
}

function legend(): string[] {
  const y = SIZE.height - 16;
  return [
    cross(PLOT.left + 4, y - 4, 'ended'),
    text(PLOT.left + 16, y, 'aborted, or killed by the service'),
    cross(PLOT.left + 254, y - 4, 'lost'),
    text(PLOT.left + 266, y, 'the same, and the event of it was lost'),
    triangle(PLOT.left + 534, y - 4),
    text(PLOT.left + 546, y, 'the reaper comes'),
  ];
}

function cross(x: number, y: number, of: string): string {
  return `<path class="${of}" d="M${x - 4},${y - 4}l8,8m0,-8l-8,8"/>`;
}

function triangle(x: number, y: number): string {
  return `<path class="reap" d="M${x},${y - 5}l5,9h-10z"/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, of: string): string {
  return `<line class="${of}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function text(x: number, y: number, content: string, of = '', anchor = 'start'): string {
  const classOf = of === '' ? '' : ` class="${of}"`;
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}"${classOf}${anchored}>${escapeXml(content)}</text>`;
}

/** A round number above the value that divides into round steps. */
function axisTo(value: number): number {
  return INTERVALS * roundStep(value / INTERVALS);
}

function ticksTo(end: number): number[] {
  const step = roundStep(end / 8);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

function roundStep(least: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(least));
  // Half of what is counted is none.
  const factors = [1, ...(magnitude >= 10 ? [1.5] : []), 2, 3, 4, 5, 10];
  return magnitude * (factors.find((factor) => factor * magnitude >= least) ?? 10);
}

function shown(value: number): string {
  return String(round(value));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
