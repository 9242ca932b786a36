/** Which rows are shown where not all of them have room: those that somebody would ask for. */

import type { Row } from './rows.ts';

export interface Folded {
  /** In the tree's order. */
  readonly rows: readonly Row[];
  /** Left out: those that have ended. */
  readonly above: readonly Row[];
  /** Left out: those that have not. */
  readonly below: readonly Row[];
}

/**
 * What failed, is tried again or runs comes first, with the errors. What room that leaves is shared by what ended last
 * and what comes next.
 *
 * @param room in lines; a row with an error takes two
 */
export function fold(all: readonly Row[], room: number): Folded {
  const shown = new Set(mostUrgent(all, room));
  const errors = Math.min([...shown].filter(({ error }) => error !== undefined).length, room - shown.size);
  const free = room - shown.size - errors;
  const ended = all.filter((row) => isOver(row) && !shown.has(row)).toSorted(latestFirst);
  const coming = all.filter(({ status }) => status === 'WAITING').toSorted((a, b) => Number(b.next) - Number(a.next));
  const forEnded = Math.min(ended.length, Math.max(Math.ceil(free / 2), free - coming.length));
  for (const row of [...ended.slice(0, forEnded), ...coming.slice(0, free - forEnded)]) shown.add(row);

  const withError = new Set([...shown].filter(({ error }) => error !== undefined).slice(0, errors));
  const rows = all.filter((row) => shown.has(row)).map((row) => (withError.has(row) ? row : withoutError(row)));
  const hidden = all.filter((row) => !shown.has(row));
  return { rows, above: hidden.filter(isOver), below: hidden.filter((row) => !isOver(row)) };
}

/** However many have failed, half of the room is for what still goes on. */
function mostUrgent(all: readonly Row[], room: number): Row[] {
  const failed = all.filter(({ status }) => status === 'FAILED').toSorted(latestFirst);
  const retrying = all.filter(({ status }) => status === 'RETRYING');
  const goingOn = [...retrying, ...all.filter(({ status }) => status === 'RUNNING')];
  const failedFirst = Math.max(Math.ceil(room / 2), room - goingOn.length);
  return [...failed.slice(0, failedFirst), ...goingOn].slice(0, room);
}

function latestFirst(a: Row, b: Row): number {
  return (b.endedAt ?? 0) - (a.endedAt ?? 0);
}

function withoutError({ error: _, ...row }: Row): Row {
  return row;
}

function isOver({ status }: Row): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'SKIPPED' || status === 'OMITTED';
}
