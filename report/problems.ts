/** What went wrong: the errors of tasks and hooks with their causes, chunks that failed, denials, the run's own error. */

import { type AttemptHistory, placeOf, type TaskHistory } from '../history/run-history.ts';
import { formatCount } from '../history/units.ts';
import { cutText, type FailureInfo } from '../state-machines/contract/result.ts';
import type { Facts, Part } from './facts.ts';
import { logLink } from './links.ts';
import { type Content, type Markup, markup } from './markup.ts';
import { signOf } from './status.ts';
import { HOOK_WORDS } from './steps.ts';
import { listNames, whyNotRun, wordOfAttempt } from './words.ts';

/** In characters: what is longer is there whole, folded up. */
const MESSAGE_SHOWN = 2_000;
const CHUNKS_SHOWN = 20;

export function renderProblems(facts: Facts): Content {
  const { history, tasks, hooks } = facts;
  const parts = [...tasks, ...hooks];
  const failed = parts.filter((part) => part.history.status === 'FAILED');
  const failedChunks = parts.filter(
    ({ history: { status, chunks } }) => status !== 'FAILED' && (chunks?.failed ?? 0) > 0,
  );
  const retried = parts.filter(
    ({ history: { status, attempts, error, chunks } }) =>
      status !== 'FAILED' &&
      !chunks?.failed &&
      (error !== undefined || attempts.some(({ status }) => status === 'FAILED')),
  );
  const skipped = tasks.filter((part) => part.history.status === 'SKIPPED');
  const runError = history.error;
  const hasFailed = failed.length > 0 || runError !== undefined;
  if (![failed, failedChunks, retried, history.denials].some(({ length }) => length > 0) && !runError) return false;
  return markup`<section aria-labelledby="problems-title" class="problems">
<h2 id="problems-title">${hasFailed ? 'What went wrong' : 'Trouble on the way'}</h2>
${runError && markup`<div class="problem is-failed"><h3>${signOf('FAILED')}The run: <code>${runError.name}</code></h3>${message(runError.message)}</div>`}
${failed.map((part) => problem(part, facts))}
${failedChunks.map((part) => problem(part, facts))}
${retried.map((part) => problem(part, facts))}
${
  skipped.length > 0 &&
  markup`<div class="problem is-skipped"><h3>${signOf('SKIPPED')}Not run</h3><ul>${skipped.map(
    (part) => markup`<li><a href="#${part.id}">${part.name}</a> was skipped, ${whyNotRun(part, facts)}.</li>`,
  )}</ul></div>`
}
${denials(facts)}
</section>`;
}

function problem(part: Part, facts: Facts): Markup {
  const { name, id, history, result } = part;
  const { status, error, attempts, chunks, hook } = history;
  const kind = hook ? ` (${HOOK_WORDS[hook]})` : '';
  const last = error ?? attempts.findLast((attempt) => attempt.error)?.error;
  // Of the chunks, the last one to fail may have succeeded since.
  const shown = last !== undefined && (status === 'FAILED' || !chunks) ? last : undefined;
  const others = chunks ? [] : attempts.filter((attempt) => attempt.error && !isSame(attempt.error, last));
  const log = logLink(facts.links.logs[name], name);
  return markup`<article class="problem ${status === 'FAILED' ? 'is-failed' : 'is-retrying'}">
<h3>${signOf(status === 'FAILED' ? 'FAILED' : 'RETRYING')}<a href="#${id}">${name}</a>${kind} ${whatHappened(history)}</h3>
${shown && markup`<p class="error-name"><code>${shown.name}</code></p>${message(shown.message)}${thrownAt(placeOf(history))}`}
${others.length > 0 && markup`<details><summary>${formatCount(others.length, 'earlier attempt')} with another error</summary>${others.map(attemptError)}</details>`}
${chunkFailures(result?.chunks?.failures, attempts, chunks?.failed ?? 0)}
${log && markup`<p class="note">${log}</p>`}
</article>`;
}

function whatHappened({ status, chunks }: TaskHistory): string {
  if (status === 'FAILED') return 'failed';
  if (chunks?.failed) return 'went on without some chunks';
  return status === 'RETRYING' ? 'failed, and is tried again' : 'failed at first, and was tried again';
}

function attemptError(attempt: AttemptHistory): Content {
  const { error } = attempt;
  return (
    error &&
    markup`<p class="error-name">${wordOfAttempt(attempt)}: <code>${error.name}</code></p>${message(error.message)}${thrownAt(attempt.place)}`
  );
}

function thrownAt(place: string | undefined): Content {
  return place !== undefined && markup`<p class="note">at <code>${place}</code></p>`;
}

/** As the cleanup reports them; where the run goes on, or it could not, as the attempts were told. */
function chunkFailures(
  reported: readonly { readonly chunk: string; readonly message: string }[] | undefined,
  attempts: readonly AttemptHistory[],
  count: number,
): Content {
  const told = attempts.flatMap(({ chunks, error }) =>
    chunks && error ? [{ chunk: listNames(chunks), message: `${error.name}: ${error.message}` }] : [],
  );
  const known = reported && reported.length > 0 ? reported : [...new Map(told.map((one) => [one.chunk, one])).values()];
  if (count === 0 || known.length === 0) return false;
  const list = (some: typeof known) =>
    markup`<dl class="chunks">${some.map(({ chunk, message: text }) => markup`<dt><code>${chunk}</code></dt><dd>${message(text)}</dd>`)}</dl>`;
  const unknown = count - known.length;
  return markup`<h4>${formatCount(count, 'chunk')} failed</h4>${list(known.slice(0, CHUNKS_SHOWN))}
${known.length > CHUNKS_SHOWN && markup`<details><summary>${known.length - CHUNKS_SHOWN} more</summary>${list(known.slice(CHUNKS_SHOWN))}</details>`}
${unknown > 0 && markup`<p class="note">and ${unknown} more, of which the logs tell</p>`}`;
}

function denials({ history: { denials, status } }: Facts): Content {
  if (denials.length === 0) return false;
  const all = status === 'SUCCEEDED' ? ' The run succeeded all the same.' : '';
  return markup`<article class="problem is-retrying"><h3>${signOf('OMITTED')}${formatCount(denials.length, 'kind')} of call denied</h3>
<p class="note">As AWS would, by the roles of the pipeline as it is deployed.${all}</p>
<dl class="chunks">${denials.map(
    ({ who, action, resource, message: text }) =>
      markup`<dt>${who}: <code>${action}</code> on <code>${resource}</code></dt><dd>${message(text)}</dd>`,
  )}</dl></article>`;
}

/** Line by line as it was told; a very long one begins, and is there whole. */
function message(text: string): Content {
  if (text.trim() === '') return false;
  if (text.length <= MESSAGE_SHOWN) return markup`<pre class="message">${text}</pre>`;
  return markup`<pre class="message">${cutText(text, MESSAGE_SHOWN)}</pre><details><summary>All ${formatCount(text.length, 'character')}</summary><pre class="message">${text}</pre></details>`;
}

function isSame(a: FailureInfo, b: FailureInfo | undefined): boolean {
  return a.name === b?.name && a.message === b.message;
}
