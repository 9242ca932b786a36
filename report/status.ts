/** A status as a word, a sign and a colour: never the colour alone. */

import { type AnyStatus, STATUS_WORDS } from '../history/status-words.ts';
import { type Markup, markup } from './markup.ts';

export function wordOf(status: AnyStatus): string {
  return STATUS_WORDS[status] ?? String(status).toLowerCase();
}

/** The class that gives its colour to whatever is inside. */
export function classOf(status: AnyStatus): string {
  return `is-${status in STATUS_WORDS ? status.toLowerCase().replace('_', '-') : 'waiting'}`;
}

/** Of 16 by 16; the word stands beside it. */
export function signOf(status: AnyStatus): Markup {
  return markup`<svg class="sign" width="16" height="16" aria-hidden="true"><use href="#${idOf(status)}"/></svg>`;
}

/** Inside of an SVG, centred on a point, on a ground of its own. @param x as SVG takes it, such as `12.5%` */
export function signAt(status: AnyStatus, x: string, y: number, size: number): Markup {
  return markup`<svg x="${x}" y="${y}" overflow="visible" class="${classOf(status)}"><circle r="${size / 2 + 2.5}" class="sign-ground"/><use href="#${idOf(status)}" x="${-size / 2}" y="${-size / 2}" width="${size}" height="${size}"/></svg>`;
}

export function statusOf(status: AnyStatus): Markup {
  return markup`<span class="status ${classOf(status)}">${signOf(status)}${wordOf(status)}</span>`;
}

function idOf(status: AnyStatus): string {
  return `sign-${status in STATUS_WORDS ? status : 'WAITING'}`;
}

const CLOCK = markup`<circle cx="8" cy="8" r="6"/><path d="M8 4.6v3.7l2.4 1.5"/>`;
const SQUARE = markup`<rect x="4" y="4" width="8" height="8" rx="1" class="solid"/>`;

const SHAPES: Readonly<Record<AnyStatus, Markup>> = {
  WAITING: CLOCK,
  RUNNING: markup`<path d="M5 3.2l7.6 4.8L5 12.8z" class="solid"/>`,
  RETRYING: markup`<path d="M13 8.2a5 5 0 1 1-1.6-3.9M13.2 1.8v3.4H9.8"/>`,
  SUCCEEDED: markup`<path d="M2.8 8.6l3.4 3.5 7-8"/>`,
  FAILED: markup`<path d="M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8"/>`,
  SKIPPED: markup`<path d="M2.4 8h7M6.4 4.4L10 8l-3.6 3.6M13.2 3.6v8.8"/>`,
  OMITTED: markup`<circle cx="8" cy="8" r="5.8"/><path d="M3.9 12.1l8.2-8.2"/>`,
  STOPPED: SQUARE,
  ABORTED: SQUARE,
  TIMED_OUT: CLOCK,
};

/** What the rest of the page draws with: the signs, a hatching, an arrow's head. */
export const DRAWN_WITH: Markup = markup`<svg class="definitions" width="0" height="0" aria-hidden="true"><defs>
${Object.entries(SHAPES).map(
  ([status, shape]) => markup`<symbol id="sign-${status}" viewBox="0 0 16 16" class="shape">${shape}</symbol>`,
)}
<pattern id="hatch-failed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="hatch-ground"/><rect width="2.5" height="6" class="hatch-failed"/></pattern>
<pattern id="hatch-stopped" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="6" height="6" class="hatch-ground"/><rect width="2.5" height="6" class="hatch-stopped"/></pattern>
<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0.5 0.8L7.4 4 0.5 7.2z"/></marker>
</defs></svg>`;
