/** The figures as plain text. */

import type { Bound, Summary } from './summary.ts';

const HEADINGS = [
  ['', 'traces', 'tasks', 'waves', '', 'no hints', '', 'hints', '', 'states', 'compile ms', ''],
  ['family', '', '', 'mean', 'worst', 'mean', 'worst', 'mean', 'worst', 'per task', 'no hints', 'hints'],
];

export function renderTable(families: readonly Summary[], overall: Summary): string {
  const lines = [...HEADINGS, ...families.map(cells), cells(overall)];
  const widths = (HEADINGS[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const aligned = lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
  );
  return aligned.map((line) => line.join('  ').trimEnd()).join('\n');
}

function cells(summary: Summary): string[] {
  const { waves, noHints, hints } = summary;
  return [
    summary.family,
    String(summary.traces),
    String(summary.tasks),
    ...[waves, noHints, hints].flatMap(({ mean, worst }) => [mean.toFixed(5), worst.toFixed(4)]),
    summary.statesPerTask.toFixed(2),
    summary.compileMsNoHints.toFixed(0),
    summary.compileMsHints.toFixed(0),
  ];
}

export function renderBounds(bounds: readonly Bound[]): string {
  const shown = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 5 : 0));
  return bounds
    .map(
      ({ of, measured, atMost, passed }) => `${passed ? 'pass' : 'FAIL'}  ${of}: ${shown(measured)}, at most ${atMost}`,
    )
    .join('\n');
}
