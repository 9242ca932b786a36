/** When everything was done: a row for each task, hook and step, on one axis of time. */

import type { AnyStatus } from '../history/status-words.ts';
import { formatCount } from '../history/units.ts';
import { type Bar, bars } from './bars.ts';
import { durationMsOf, type Facts, isOver, type Part, waitMsOf } from './facts.ts';
import { type Content, type Markup, markup } from './markup.ts';
import { classOf, signOf, wordOf } from './status.ts';
import { cleanupStatus, HOOK_WORDS } from './steps.ts';
import { axisLabels, gridLines, type TimeAxis } from './time-axis.ts';
import { chunksInWords, formatTook, whyNotRun } from './words.ts';

export function renderGantt(facts: Facts, axis: TimeAxis): Markup {
  const retried = [...facts.tasks, ...facts.hooks].some(({ history }) =>
    history.attempts.some(({ status }) => status === 'FAILED'),
  );
  return markup`<section aria-labelledby="gantt-title">
<h2 id="gantt-title">Timeline</h2>
<p class="note">Since the run began. A thin bar is time spent waiting to be started${retried && '; a hatched one is an attempt that failed, and a dotted line the wait until the next'}.${facts.cutOffMs !== undefined && ` The execution was ended after ${formatTook(facts.cutOffMs)}, at the dashed line: what comes behind it is its finalizer’s.`}</p>
<table class="timeline" role="table" aria-labelledby="gantt-title">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col"><span class="unseen">Step</span></th><th role="columnheader" scope="col"><span class="unseen">When</span>${axisLabels(axis)}</th><th role="columnheader" scope="col" class="number">took</th></tr></thead>
<tbody role="rowgroup">${rows(facts, axis)}</tbody>
</table>
</section>`;
}

function rows(facts: Facts, axis: TimeAxis): Content {
  const { preparingMs, tasks, hooks, totalMs, history } = facts;
  const prepared = preparingMs >= 50 && preparingMs >= totalMs / 500;
  const hook = (part: Part) => partRow(part, facts, axis);
  return [
    prepared && stepRow('Preparing', 'RUNNING', 'preparing', 0, preparingMs, axis),
    inStartOrder(tasks).map((part) => partRow(part, facts, axis)),
    inStartOrder(hooks.filter((part) => part.history.hook !== 'after-execution')).map(hook),
    cleanupRow(facts, axis),
    inStartOrder(hooks.filter((part) => part.history.hook === 'after-execution')).map(hook),
    isOver(history) && endingRow(facts, axis),
  ];
}

/** Those that did not begin come last, as they were declared. */
function inStartOrder(parts: readonly Part[]): Part[] {
  return parts.toSorted((a, b) => (a.startMs ?? Number.MAX_VALUE) - (b.startMs ?? Number.MAX_VALUE));
}

function partRow(part: Part, facts: Facts, axis: TimeAxis): Markup {
  const { name, id, history, startMs, readyMs } = part;
  const kind = history.hook ? HOOK_WORDS[history.hook] : history.chunks && formatCount(history.chunks.total, 'chunk');
  const tookMs = durationMsOf(part);
  const words = [wordOf(history.status), ...inWords(part, facts)].join('; ');
  if (startMs === undefined)
    return row({ href: `#${id}`, name, kind, status: history.status, height: 22, words, said: words }, axis);
  const { drawn, height } = bars(part, facts, axis);
  const waitMs = waitMsOf(part) ?? 0;
  const wait =
    waitMs > 0 &&
    markup`<rect class="wait" x="${axis.at(readyMs ?? startMs)}" width="${axis.span(readyMs ?? startMs, startMs)}" y="${height / 2 - 1.5}" height="3"><title>waited ${formatTook(waitMs)} to be started</title></rect>`;
  return row({ href: `#${id}`, name, kind, status: history.status, height, words, drawn: [wait, drawn], tookMs }, axis);
}

function inWords(part: Part, facts: Facts): string[] {
  const { history, startMs } = part;
  const why = whyNotRun(part, facts);
  if (startMs === undefined) return why ? [why] : [];
  const chunks = chunksInWords(history);
  const tookMs = durationMsOf(part) ?? 0;
  const attempts = history.attempts.filter(({ chunks, gather }) => !chunks && !gather);
  return [
    `waited ${formatTook(waitMsOf(part) ?? 0)}`,
    `began after ${formatTook(startMs)}`,
    `took ${formatTook(tookMs)}`,
    ...(chunks ? [chunks] : []),
    ...(attempts.length > 1 ? attempts.map(({ attempt, status }) => `attempt ${attempt} ${wordOf(status)}`) : []),
  ];
}

function cleanupRow(facts: Facts, axis: TimeAxis): Markup {
  const { history, msOf, totalMs } = facts;
  const { status, tookMs } = cleanupStatus(facts);
  const calls: Bar[] = history.cleanups.map(({ startedAt, endedAt, done }, index) => ({
    startMs: msOf(startedAt),
    endMs: endedAt === undefined ? totalMs : msOf(endedAt),
    status: endedAt === undefined ? 'RUNNING' : 'SUCCEEDED',
    title: `call ${index + 1}${done === false ? ', to be gone on with' : ''}`,
  }));
  const words = calls.length > 0 ? `${wordOf(status)}; ${formatCount(calls.length, 'call')}` : wordOf(status);
  const drawn = calls.map(
    ({ startMs, endMs, title }) =>
      markup`<rect class="bar is-cleanup" x="${axis.at(startMs)}" width="${axis.span(startMs, endMs)}" y="5" height="12" rx="2"><title>Cleanup, ${title}: ${formatTook(endMs - startMs)}</title></rect>`,
  );
  const said = calls.length === 0 ? wordOf(status) : undefined;
  return row(
    { href: '#cleanup', name: 'Cleanup', kind: 'always', status, height: 22, words, drawn, tookMs, said },
    axis,
  );
}

/** What was done after the last thing that is told of: results copied here, or the rest of the finalizer's work. */
function endingRow({ history, tasks, hooks, msOf, totalMs }: Facts, axis: TimeAxis): Content {
  const ends = [
    ...[...tasks, ...hooks].flatMap(({ endMs }) => endMs ?? []),
    ...history.cleanups.map(({ startedAt, endedAt }) => msOf(endedAt ?? startedAt)),
  ];
  const lastMs = ends.reduce((last, ms) => Math.max(last, ms), 0);
  if (totalMs - lastMs < 50 || totalMs - lastMs < totalMs / 500) return false;
  return stepRow('Finishing', 'RUNNING', 'finishing', lastMs, totalMs, axis);
}

function stepRow(
  name: string,
  status: AnyStatus,
  word: string,
  startMs: number,
  endMs: number,
  axis: TimeAxis,
): Markup {
  const words = `${word}, from ${formatTook(startMs)} to ${formatTook(endMs)}`;
  const drawn = markup`<rect class="bar is-step" x="${axis.at(startMs)}" width="${axis.span(startMs, endMs)}" y="5" height="12" rx="2"><title>${words}</title></rect>`;
  return row({ name, status, plain: true, height: 22, words, drawn, tookMs: endMs - startMs }, axis);
}

interface Row {
  readonly name: string;
  readonly status: AnyStatus;
  readonly words: string;
  readonly height: number;
  readonly href?: string;
  readonly kind?: string | undefined;
  /** Without a status of its own. */
  readonly plain?: true;
  readonly drawn?: Content;
  /** In place of bars. */
  readonly said?: string | undefined;
  readonly tookMs?: number | undefined;
}

function row({ name, status, words, height, href, kind, plain, drawn, said, tookMs }: Row, axis: TimeAxis): Markup {
  const label = href === undefined ? markup`<span>${name}</span>` : markup`<a href="${href}">${name}</a>`;
  return markup`<tr role="row" class="${classOf(status)}"><th role="rowheader" scope="row"><span class="step-name">${plain ? markup`<span class="sign"></span>` : signOf(status)}${label}</span>${kind && markup`<span class="kind">${kind}</span>`}</th>
<td role="cell"><svg class="bars" width="100%" height="${height}" role="img" aria-label="${words}">${gridLines(axis)}${drawn}${said && markup`<text class="said" x="0" y="15">${said}</text>`}</svg></td>
<td role="cell" class="number">${tookMs === undefined ? '–' : formatTook(tookMs)}</td></tr>`;
}
