/** The report's stylesheet: one calm palette, light and dark, on paper, and as narrow as a phone. Nothing in it moves. */

/** The only style that the page's policy allows: SHA-256, Base64. A test says what it has to be. */
export const STYLE_HASH = 'AMFspJ39kr4q64DN75oylVTM5Sq5dK0W/eFaFvow3wU=';

const PALETTE = `
:root {
  color-scheme: light dark;
  --ground: #f3f7f8; --surface: #ffffff; --ink: #10242c; --muted: #4c616a; --line: #d4dfe3; --grid: #e6edf0; --tide: #0d6577;
  --succeeded: #0d7166; --failed: #b32d2a; --skipped: #77570f; --quiet: #566871; --running: #1d5eae; --retrying: #8a5200;
  --area: #0d657733;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #0c161b; --surface: #132129; --ink: #e3edf1; --muted: #9fb3bc; --line: #2a3d47; --grid: #1d2e37; --tide: #62c4d3;
    --succeeded: #52c2a8; --failed: #f58d84; --skipped: #dab863; --quiet: #9fb3bc; --running: #82b7f6; --retrying: #e6af60;
    --area: #62c4d333;
  }
}
.is-succeeded { --status: var(--succeeded); }
.is-failed, .is-aborted, .is-timed-out { --status: var(--failed); }
.is-skipped { --status: var(--skipped); }
.is-omitted, .is-waiting, .is-stopped { --status: var(--quiet); }
.is-running { --status: var(--running); }
.is-retrying { --status: var(--retrying); }
.is-step, .is-cleanup { --status: var(--tide); }
`;

const TEXT = `
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--ink); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
.page { max-width: 1176px; margin: 0 auto; padding: 40px 32px 56px; }
h1, h2, h3, h4, p, dl, dd, ul, ol, figure, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h1 .run { font-weight: 400; color: var(--muted); }
h2 { font-size: 19px; line-height: 1.3; font-weight: 620; letter-spacing: -0.005em; }
h3 { font-size: 15px; font-weight: 620; overflow-wrap: anywhere; }
h4 { font-size: 14px; font-weight: 620; margin-top: 12px; }
section { margin-top: 48px; }
a { color: var(--tide); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--tide); outline-offset: 2px; border-radius: 4px; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.note { color: var(--muted); font-size: 14px; margin-top: 2px; max-width: 92ch; text-wrap: pretty; }
.note strong { color: var(--ink); font-weight: 600; }
.kind { display: block; color: var(--muted); font-size: 12.5px; font-weight: 400; line-height: 1.4; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 8px; top: -60px; background: var(--surface); padding: 8px 12px; z-index: 1; }
.skip:focus { top: 8px; }
.definitions { position: absolute; }
.sign { flex: none; vertical-align: -2.5px; color: var(--status); }
.shape { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; color: var(--status); }
.shape .solid { fill: currentColor; stroke-width: 1; }
.hatch-ground { fill: var(--surface); }
.hatch-failed { fill: var(--failed); }
.hatch-stopped { fill: var(--quiet); }
.status { display: inline-flex; align-items: center; gap: 6px; color: var(--status); font-weight: 600; white-space: nowrap; }
footer { margin-top: 56px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--muted); font-size: 13px; }
details { margin-top: 10px; }
summary { cursor: pointer; color: var(--tide); font-size: 14px; width: fit-content; }
.scroll { overflow: auto; }
`;

const HEADER = `
.headline { display: flex; justify-content: space-between; align-items: flex-start; gap: 16px 24px; flex-wrap: wrap; }
.over { color: var(--muted); font-size: 13px; }
.verdict { display: inline-flex; align-items: center; gap: 8px; padding: 6px 16px 6px 12px; margin-top: 8px; border: 1.5px solid var(--status); border-radius: 99px; background: var(--surface); color: var(--status); font-weight: 650; font-size: 16px; }
.summary { font-size: 18px; line-height: 1.5; margin-top: 14px; max-width: 78ch; overflow-wrap: anywhere; text-wrap: pretty; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px; margin-top: 24px; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.figures div { background: var(--surface); padding: 12px 16px 14px; }
.figures dt { color: var(--muted); font-size: 13px; }
.figures dd { font-size: 17px; font-weight: 600; line-height: 1.35; }
.figures .more { display: block; color: var(--muted); font-size: 13px; font-weight: 400; }
.where { display: flex; flex-wrap: wrap; gap: 2px 24px; margin-top: 14px; color: var(--muted); font-size: 14px; }
.where li { overflow-wrap: anywhere; }
.next { margin-top: 16px; padding: 12px 16px; border-left: 3px solid var(--tide); background: var(--surface); border-radius: 0 8px 8px 0; }
`;

const GRAPH = `
.graph-box { margin-top: 14px; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 8px; max-height: 78vh; }
.graph { display: block; margin: 0 auto; }
.edge path { fill: none; stroke: var(--muted); stroke-width: 1.4; }
.edge.order path { stroke-dasharray: 5 4; }
.edge.unused path { opacity: 0.55; }
#arrow path { fill: var(--muted); }
.ref { font-size: 11.5px; fill: var(--muted); stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.node, .step { text-decoration: none; color: inherit; }
.node .card { fill: var(--ground); stroke: var(--status); stroke-width: 1.4; }
.node.is-skipped .card, .node.is-omitted .card, .node.is-waiting .card { stroke-dasharray: 4 3; }
.node.is-failed .card { stroke-width: 2.2; }
.node .name { font-size: 13.5px; font-weight: 620; fill: var(--ink); }
.node .facts { font-size: 12px; fill: var(--muted); }
.node:hover .name { text-decoration: underline; }
.node:focus-visible { outline: none; }
.node:focus-visible .card { stroke: var(--tide); stroke-width: 4; }
.quiet { margin-top: 18px; color: var(--muted); font-weight: 600; font-size: 13px; }
.steps { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 8px; }
.step { display: block; min-width: 150px; max-width: 260px; padding: 8px 14px 10px; background: var(--surface); border: 1px dashed var(--status); border-radius: 8px; }
.step .name { display: flex; gap: 8px; align-items: center; font-size: 13.5px; font-weight: 620; overflow-wrap: anywhere; }
.step:hover .name { text-decoration: underline; }
.step .facts { font-size: 12px; color: var(--muted); }
`;

const CHARTS = `
.timeline { width: 100%; table-layout: fixed; border-collapse: collapse; margin-top: 12px; }
.timeline th { text-align: left; font-weight: 400; vertical-align: middle; }
.timeline thead th { color: var(--muted); font-size: 12px; vertical-align: bottom; }
.timeline th:first-child { width: 200px; padding-right: 16px; }
.timeline th:last-child, .timeline td:last-child { width: 84px; text-align: right; }
.timeline tbody tr { border-top: 1px solid var(--grid); }
.timeline tbody th { padding-top: 3px; padding-bottom: 3px; }
.timeline td { padding: 0; vertical-align: middle; font-size: 13.5px; }
.timeline .kind { padding-left: 24px; }
.step-name { display: flex; align-items: center; gap: 8px; font-size: 14px; line-height: 1.35; overflow-wrap: anywhere; }
.step-name .sign { min-width: 16px; }
.step-name a { color: inherit; text-decoration: none; }
.step-name a:hover { text-decoration: underline; }
.bars, .axis, .levels { display: block; overflow: visible; }
.axis text, .levels text { font-size: 11.5px; fill: var(--muted); }
.grid { stroke: var(--grid); stroke-width: 1; }
.cut-off { stroke: var(--failed); stroke-width: 1.5; stroke-dasharray: 4 3; }
.bar { fill: var(--status); stroke: none; }
.bar.is-failed { fill: url(#hatch-failed); stroke: var(--failed); stroke-width: 1.2; }
.bar.is-stopped { fill: url(#hatch-stopped); stroke: var(--quiet); stroke-width: 1.2; }
.bar.is-step { opacity: 0.45; }
.bars .shape { stroke-width: 2.4; }
.sign-ground { fill: var(--ground); }
.mark { fill: var(--failed); }
.wait { fill: var(--muted); opacity: 0.5; }
.between { stroke: var(--retrying); stroke-width: 2; stroke-dasharray: 2 4; }
.said { font-size: 12.5px; fill: var(--muted); paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
.held { margin-top: 16px; }
.chart { display: grid; grid-template-columns: 200px minmax(0, 1fr) 84px; }
.area { fill: var(--area); }
.outline { fill: none; stroke: var(--tide); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
`;

const TABLES = `
.tasks, .plain { width: 100%; border-collapse: collapse; background: var(--surface); font-size: 14px; }
.tasks { margin-top: 14px; border: 1px solid var(--line); border-radius: 10px; border-spacing: 0; border-collapse: separate; }
.tasks th, .tasks td, .plain th, .plain td { padding: 9px 12px; text-align: left; vertical-align: top; font-weight: 400; border-top: 1px solid var(--line); }
.tasks thead th, .plain thead th { border-top: 0; color: var(--muted); font-size: 13px; vertical-align: bottom; }
.tasks .number, .plain .number { text-align: right; }
.tasks .name { font-weight: 600; overflow-wrap: anywhere; }
.tasks td .name { font-weight: 400; }
.tasks .group th { color: var(--muted); font-size: 13px; padding-top: 16px; }
.tasks tr:target > * { background: var(--area); }
.tasks li { line-height: 1.45; }
.figures-in { color: var(--muted); }
.tasks li .figures { display: inline; margin: 0; background: none; border: 0; border-radius: 0; color: var(--muted); }
.tag { font-size: 12px; color: var(--succeeded); font-weight: 600; white-space: nowrap; }
.plain { border: 1px solid var(--line); margin-top: 12px; width: auto; min-width: min(100%, 420px); }
.plain caption { text-align: left; color: var(--muted); font-size: 13px; padding-bottom: 4px; }
.plain code { overflow-wrap: normal; white-space: nowrap; }
.plain th[scope=row] { white-space: nowrap; font-weight: 600; }
`;

const PROBLEMS = `
.problem { margin-top: 14px; padding: 14px 18px 16px; background: var(--surface); border: 1px solid var(--line); border-left: 4px solid var(--status); border-radius: 8px; }
.problem h3 { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; }
.problem h3 a { color: inherit; }
.problem li, .problem dd { margin-top: 4px; }
.error-name { margin-top: 6px; }
.error-name code { color: var(--status); font-weight: 600; }
.message { white-space: pre-wrap; overflow-wrap: anywhere; margin-top: 6px; }
.chunks dt { margin-top: 8px; }
.json { white-space: pre-wrap; overflow-wrap: anywhere; margin-top: 10px; padding: 14px 18px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; max-height: 60vh; overflow: auto; }
`;

const NARROW = `
@media (max-width: 760px) {
  .page { padding: 24px 16px 40px; }
  h1 { font-size: 25px; }
  section { margin-top: 40px; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .summary { font-size: 17px; }
  .every-other { display: none; }
  .timeline, .timeline thead, .timeline tbody { display: block; }
  .timeline tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; padding: 4px 0; }
  .timeline th:first-child { width: auto; padding: 0; }
  .timeline th:first-child { order: 1; }
  .timeline th:last-child, .timeline td:last-child { order: 2; width: auto; padding-left: 12px; }
  .timeline th:nth-child(2), .timeline td:nth-child(2) { order: 3; grid-column: 1 / -1; }
  .timeline thead th:last-child { display: none; }
  .timeline .kind { display: inline; }
  .chart { grid-template-columns: minmax(0, 1fr); }
  .levels { position: absolute; width: calc(100% - 32px); pointer-events: none; z-index: 1; }
  .levels text { transform: translateX(12px); paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
  .tasks, .tasks tbody { display: block; }
  .tasks thead { display: none; }
  .tasks tr { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 16px; padding: 12px 14px; border-top: 1px solid var(--line); }
  .tasks tbody:first-of-type tr:first-child { border-top: 0; }
  .tasks th, .tasks td { border: 0; padding: 0; min-width: 0; }
  .tasks th, .tasks td[data-title=Status], .tasks td[data-title=Outputs], .tasks td[data-title=Released], .tasks td[data-title=Log] { grid-column: 1 / -1; }
  .tasks .number { display: flex; justify-content: space-between; }
  .tasks .number::before { content: attr(data-title); color: var(--muted); }
}
@media print {
  html { background: none; font-size: 12px; }
  .page { max-width: none; padding: 0; }
  .skip { display: none; }
  .scroll, .json, .graph-box { overflow: visible; max-height: none; }
  .graph { max-width: 100%; height: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, figure, .problem, .step, .figures div { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;

export const STYLE: string = [PALETTE, TEXT, HEADER, GRAPH, CHARTS, TABLES, PROBLEMS, NARROW].join('');
