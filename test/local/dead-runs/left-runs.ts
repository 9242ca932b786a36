/** Runs as processes leave them that died, without a process to kill. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newMark, temporaryName } from '../../../local/runs/execution-record.ts';
import type { takeTurn } from '../../../local/runs/turns.ts';

/** A turn in which an execution of that name is run. */
export function turnOf(name: string): Parameters<typeof takeTurn>[2] {
  const mark = newMark();
  const execution = {
    name,
    input: {},
    startedAt: '2026-11-20T21:35:00.000Z',
    project: process.cwd(),
    tasks: { extract: 0 },
    shape: '0123456789abcdef',
    temporary: join('/tmp', temporaryName(mark)),
    mark,
  };
  return { work: 'run', pipeline: 'trips', run: name, execution };
}

/** The turn as of a process that is gone. */
export function disown(folder: string, number: number): void {
  const file = join(folder, 'turns', `${number}.json`);
  const turn = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...turn, by: { ...turn.by, started: '1' } }));
  for (const note of ['left', 'over']) rmSync(join(folder, 'turns', `${number}.${note}.json`), { force: true });
}
