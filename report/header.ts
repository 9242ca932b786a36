/** The report's top: which run it was, how it went in one sentence, its main figures, what can be done next. */

import { DEFAULT_DIR, dirOption } from '../history/dir-option.ts';
import { formatBytes, formatCount, formatTime } from '../history/units.ts';
import { durableOutputs, type Facts, isOver } from './facts.ts';
import { awsPlace, fileUrl, link } from './links.ts';
import { type Content, type Markup, markup } from './markup.ts';
import { classOf, signOf, wordOf } from './status.ts';
import { countsOf, formatTook, summaryOf } from './words.ts';

export function renderHeader(facts: Facts): Markup {
  const { history } = facts;
  const { pipeline, run, status } = history;
  return markup`<header class="${classOf(status)}">
<div class="headline"><div><p class="over">Pipeline run</p>
<h1>${pipeline} <span class="run">${run}</span></h1></div>
<p class="verdict">${signOf(status)}${wordOf(status)}${!isOver(history) && ', so far'}</p></div>
<p class="summary">${summaryOf(facts)}</p>
<dl class="figures">${figures(facts)}</dl>
${where(facts)}
${nextStep(facts)}
</header>`;
}

function figures(facts: Facts): Content {
  const { history, totalMs, tasks } = facts;
  const { result } = history;
  const results = durableOutputs(facts);
  const counts = countsOf(facts).map(([status, count]) => `${count} ${wordOf(status)}`);
  const resultBytes = results.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    figure('Started', history.startedAt.slice(0, 10), formatTime(history.startedAt).slice(11)),
    figure(isOver(history) ? 'Took' : 'So far', formatTook(totalMs)),
    figure('Tasks', String(tasks.length), counts.join(', ')),
    result && figure('Results', String(results.length), results.length > 0 ? formatBytes(resultBytes) : 'none'),
    result && figure('Released', formatBytes(result.released.bytes), formatCount(result.released.objects, 'object')),
    result && figure('Left behind', String(result.released.left), result.keptUntil ? 'kept' : 'intermediate objects'),
  ];
}

function figure(title: string, value: string, more?: string): Markup {
  return markup`<div><dt>${title}</dt><dd>${value}${more && markup`<span class="more">${more}</span>`}</dd></div>`;
}

function where({ history, links }: Facts): Content {
  const { executionArn, folder, execution } = history;
  const place = executionArn === undefined ? undefined : awsPlace(executionArn);
  const lines: Content[] = [
    place &&
      markup`on AWS, ${place.region}, account ${place.account}, state machine <code>${place.stateMachine}</code>`,
    executionArn === undefined &&
      folder !== undefined &&
      markup`on this machine: ${link(fileUrl(folder), markup`<code>${folder}</code>`)}`,
    execution !== undefined && markup`execution <code>${execution}</code>, which resumed the run`,
    links.execution !== undefined && link(links.execution, 'execution in the console'),
    links.finalizer !== undefined && link(links.finalizer, 'its finalizer in the console'),
  ].filter((line) => line !== false && line !== undefined);
  return lines.length > 0 && markup`<ul class="where">${lines.map((line) => markup`<li>${line}</li>`)}</ul>`;
}

function nextStep({ history }: Facts): Content {
  const { status, pipeline, run, result, folder } = history;
  if (!result?.keptUntil || status === 'SUCCEEDED') return false;
  const dir = folder?.split(/[\\/]/).slice(0, -2).join('/');
  const there = dir === undefined || dir.endsWith(`/${DEFAULT_DIR}`) ? '' : dirOption(dir);
  return markup`<p class="next">What had been committed is kept until ${formatTime(result.keptUntil)}. To go on with it: <code>npx ebbtide resume ${pipeline} ${run}${there}</code></p>`;
}
