/** The page around the parts of the report. Nothing in it is loaded from anywhere, and nothing in it is a script. */

import { formatTime } from '../history/units.ts';
import { renderInput, renderResults } from './data.ts';
import type { Facts } from './facts.ts';
import { renderGantt } from './gantt.ts';
import { renderGraph } from './graph.ts';
import { renderHeader } from './header.ts';
import { renderHeld } from './held.ts';
import { Markup, markup, render } from './markup.ts';
import { renderProblems } from './problems.ts';
import { DRAWN_WITH, wordOf } from './status.ts';
import { STYLE, STYLE_HASH } from './style.ts';
import { renderTable } from './table.ts';
import { timeAxis } from './time-axis.ts';

const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'`;
/** So that no browser asks a server for one. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 6q3.5-4 7 0t7 0v8H1z' fill='%23137586'/%3E%3C/svg%3E";

export function renderPage(facts: Facts): string {
  const { history, madeAt } = facts;
  const axis = timeAxis(facts);
  const title = `${history.pipeline} ${history.run}: ${wordOf(history.status)}`;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="ebbtide">
<title>${title}</title>
<link rel="icon" href="${new Markup(ICON)}">
<style>${new Markup(STYLE)}</style>
</head>
<body>
${DRAWN_WITH}
<a class="skip" href="#table-title">To the table of tasks</a>
<div class="page">
${renderHeader(facts)}
<main>
${renderProblems(facts)}
${renderGraph(facts)}
${renderGantt(facts, axis)}
${renderHeld(facts, axis)}
${renderTable(facts)}
${renderResults(facts)}
${renderInput(facts)}
</main>
<footer><p>Made by Ebbtide on ${formatTime(madeAt)}${history.status === 'RUNNING' && ', while the run went on'}.</p></footer>
</div>
</body>
</html>
`;
  return render(page);
}
