/** Every task and hook with its figures, as they were declared, and the cleanup. */

import { formatBytes, formatCount } from '../history/units.ts';
import { durationMsOf, type Facts, type Part, waitMsOf } from './facts.ts';
import { logLink } from './links.ts';
import { type Content, type Markup, markup } from './markup.ts';
import { statusOf } from './status.ts';
import { cleanupStatus, HOOK_WORDS } from './steps.ts';
import { bytesOrNone, chunksInWords, formatTook, whyNotRun } from './words.ts';

/** Of a chunk-parallel task with hundreds of outputs nobody reads all here. */
const OUTPUTS_SHOWN = 12;

export function renderTable(facts: Facts): Markup {
  const { tasks, hooks, links, history } = facts;
  const withLogs = Object.keys(links.logs).length > 0;
  const columns = ['Attempts', 'Waited', 'Took', 'In', 'Out'];
  const part = (one: Part) => partRow(one, facts, withLogs);
  const behind = markup`<tbody role="rowgroup"><tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="${withLogs ? 9 : 8}">Behind the tasks</th></tr>${hooks
    .filter(({ history: { hook } }) => hook !== 'after-execution')
    .map(
      part,
    )}${cleanupRow(facts, withLogs)}${hooks.filter(({ history: { hook } }) => hook === 'after-execution').map(part)}</tbody>`;
  return markup`<section aria-labelledby="table-title">
<h2 id="table-title">Tasks</h2>
<table class="tasks" role="table" aria-labelledby="table-title">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Task</th><th role="columnheader" scope="col">Status</th>${columns.map(
    (title) => markup`<th role="columnheader" scope="col" class="number">${title}</th>`,
  )}<th role="columnheader" scope="col">Outputs</th>${withLogs && markup`<th role="columnheader" scope="col">Log</th>`}</tr></thead>
<tbody role="rowgroup">${tasks.map(part)}</tbody>
${behind}
</table>
${history.status === 'RUNNING' && markup`<p class="note">Rows, and where results lie, are known when the run is over.</p>`}
</section>`;
}

function partRow(part: Part, facts: Facts, withLogs: boolean): Markup {
  const { name, id, history, planned } = part;
  const { hook, status, attempts, bytesIn, bytesOut, chunks } = history;
  const why = history.committedBefore ? 'had committed before' : whyNotRun(part, facts);
  const under = [hook && HOOK_WORDS[hook], chunksInWords(history)].filter((text) => text !== undefined && text !== '');
  const begun = chunks ? undefined : attempts.length;
  const retries =
    chunks && history.retriesUsed > 0
      ? formatCount(history.retriesUsed, 'retry').replace(/retrys$/, 'retries')
      : undefined;
  const waitMs = waitMsOf(part);
  const tookMs = durationMsOf(part);
  const number = (title: string, value: Content) =>
    markup`<td role="cell" class="number" data-title="${title}">${value}</td>`;
  return markup`<tr role="row" id="${id}"><th role="rowheader" scope="row"><span class="name">${name}</span>${under.map((text) => markup`<span class="kind">${text}</span>`)}${!planned && markup`<span class="kind">not in the plan as it is now</span>`}</th>
<td role="cell" data-title="Status">${statusOf(status)}${why && markup`<span class="kind">${why}</span>`}</td>
${number('Attempts', retries ?? (begun ? String(begun) : '–'))}
${number('Waited', waitMs === undefined ? '–' : formatTook(waitMs))}
${number('Took', tookMs === undefined ? '–' : formatTook(tookMs))}
${number('In', bytesOrNone(bytesIn))}
${number('Out', bytesOrNone(bytesOut))}
<td role="cell" data-title="Outputs">${outputs(part)}</td>
${withLogs && markup`<td role="cell" data-title="Log">${logLink(facts.links.logs[name], name)}</td>`}</tr>`;
}

function outputs({ result, planned }: Part): Content {
  const told = Object.entries(result?.outputs ?? {});
  if (told.length === 0) return '–';
  const shown = told.slice(0, OUTPUTS_SHOWN).map(([name, { bytes, rows, resultKey }]) => {
    const figures = [...(rows === undefined ? [] : [formatCount(rows, 'row')]), formatBytes(bytes)].join(', ');
    const durable = resultKey !== undefined || planned?.outputs[name]?.durable;
    return markup`<li><span class="name">${name}</span> <span class="figures">${figures}</span>${durable && markup` <span class="tag">result</span>`}</li>`;
  });
  const more = told.length - OUTPUTS_SHOWN;
  return markup`<ul>${shown}${more > 0 && markup`<li>and ${more} more</li>`}</ul>`;
}

function cleanupRow(facts: Facts, withLogs: boolean): Markup {
  const { history, links } = facts;
  const { status, tookMs } = cleanupStatus(facts);
  const released = history.result?.released;
  const figures = released
    ? `${formatCount(released.objects, 'object')}, ${formatBytes(released.bytes)} gone; ${released.left.toLocaleString('en-US')} left`
    : '–';
  const number = (title: string, value: Content) =>
    markup`<td role="cell" class="number" data-title="${title}">${value}</td>`;
  return markup`<tr role="row" id="cleanup"><th role="rowheader" scope="row"><span class="name">Cleanup</span><span class="kind">always</span></th>
<td role="cell" data-title="Status">${statusOf(status)}</td>
${number('Calls', history.cleanups.length > 0 ? String(history.cleanups.length) : '–')}${number('Waited', '–')}${number('Took', tookMs === undefined ? '–' : formatTook(tookMs))}${number('In', '–')}${number('Out', '–')}
<td role="cell" data-title="Released">${figures}</td>${withLogs && markup`<td role="cell" data-title="Log">${logLink(links.logs['Cleanup'], 'Cleanup')}</td>`}</tr>`;
}
