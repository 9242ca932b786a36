/** What went in and what stays: the input, the results. */

import { formatBytes, formatCount } from '../history/units.ts';
import { cutText } from '../state-machines/contract/result.ts';
import { durableOutputs, type Facts } from './facts.ts';
import { fileUrl, link } from './links.ts';
import { type Content, type Markup, markup } from './markup.ts';

/** In characters. */
const INPUT_SHOWN = 20_000;
const SMALL_INPUT = 600;

export function renderResults(facts: Facts): Content {
  const results = durableOutputs(facts);
  if (results.length === 0) return false;
  const { folder } = facts.history;
  return markup`<section aria-labelledby="results-title">
<h2 id="results-title">Results</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Results, as a table">
<table class="plain"><thead><tr><th scope="col">Result</th><th scope="col">Key in the results bucket</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Size</th></tr></thead>
<tbody>${results.map(
    ({ part, output, key, bytes, rows }) =>
      markup`<tr><th scope="row">${part.name}.${output}</th><td><code>${key}</code></td><td class="number">${rows === undefined ? '–' : rows.toLocaleString('en-US')}</td><td class="number">${formatBytes(bytes)}</td></tr>`,
  )}</tbody></table></div>
${folder !== undefined && markup`<p class="note">As files: ${link(fileUrl(`${folder}/results`), markup`<code>${folder}/results</code>`)}</p>`}
</section>`;
}

export function renderInput({ history }: Facts): Markup {
  const json = JSON.stringify(history.input, null, 2) ?? 'null';
  const cut = json.length > INPUT_SHOWN;
  return markup`<section aria-labelledby="input-title">
<h2 id="input-title">Input</h2>
<details${json.length <= SMALL_INPUT && ' open'}><summary>${formatCount(json.length, 'character')} of JSON${cut && `, of which the first ${INPUT_SHOWN.toLocaleString('en-US')} are here`}</summary>
<pre class="json" tabindex="0" role="region" aria-label="Input, as JSON">${cutText(json, INPUT_SHOWN)}</pre></details>
</section>`;
}
