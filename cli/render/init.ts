/** A new pipeline, for people: its files, and what to do next. */

import type { Initiation } from '../init/init.ts';
import type { Step } from '../init/next-steps.ts';
import type { StyleText } from '../terminal.ts';
import { renderTable } from './table.ts';

export function renderInit(
  { pipeline, files, changes, next, app, deploy }: Initiation,
  dryRun: boolean,
  style: StyleText,
): string {
  const rows = [
    ...files.map(({ path, about }) => ['new', path, style('dim', about)]),
    ...changes.map(({ path, about }) => ['changed', path, style('dim', about)]),
  ];
  const verdict = dryRun ? 'would be written; nothing is' : 'written';
  return [
    `${style('bold', pipeline)} ${verdict}:`,
    indented(renderTable(rows, ['left', 'left', 'left'])),
    '',
    style('bold', 'next:'),
    steps(next, style),
    '',
    ...(app
      ? [style('bold', `to deploy it, add to ${app.file ?? 'your CDK app'}:`), indented(app.lines.join('\n'))]
      : []),
    style('bold', `${app ? 'and then' : 'to deploy it'}, to run every morning at six, UTC:`),
    steps(deploy, style),
  ].join('\n');
}

function steps(all: readonly Step[], style: StyleText): string {
  const rows = all.map(({ command, why }) => [command, style('dim', why)]);
  return indented(renderTable(rows, ['left', 'left']));
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
