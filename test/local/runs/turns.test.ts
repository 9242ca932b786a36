import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ProcessIdentity, thisProcess } from '../../../local/runs/process-identity.ts';
import { createRunFolder, removeUnborn, runFolderOf, runFoldersIn } from '../../../local/runs/run-folder.ts';
import { executionsOf, latestTurn, livenessOfTurn, noteOf, takeTurn } from '../../../local/runs/turns.ts';
import { disown, turnOf } from '../dead-runs/left-runs.ts';
import { temporaryFolder } from '../fixtures.ts';

const dir = temporaryFolder();
let folders = 0;

function newFolder(): string {
  const folder = join(dir, `f${folders++}`);
  mkdirSync(folder);
  return folder;
}

function livenessIn(folder: string) {
  const latest = latestTurn(folder);
  return latest && livenessOfTurn(latest);
}

/** As if that process had taken the first turn. */
function takenBy(by: Partial<ProcessIdentity>): string {
  const folder = newFolder();
  mkdirSync(join(folder, 'turns'));
  const turn = { version: 1, by: { ...thisProcess(), ...by }, at: '2026-11-20T21:35:00.000Z', ...turnOf('r1') };
  writeFileSync(join(folder, 'turns/1.json'), JSON.stringify(turn));
  return folder;
}

describe('a turn', () => {
  it('is one process’s at a time, and over when it says so', () => {
    const folder = newFolder();
    const first = takeTurn(folder, 1, turnOf('r1'));
    expect(takeTurn(folder, 1, turnOf('r1'))).toBeUndefined();
    expect(livenessIn(folder)).toBe('alive');
    first?.note('over');
    expect(livenessIn(folder)).toBe('over');
    expect(takeTurn(folder, 2, turnOf('r2'))).toBeDefined();
    expect(livenessIn(folder)).toBe('alive');
    expect(executionsOf(folder).map(({ name }) => name)).toEqual(['r1', 'r2']);
  });

  it('that its process gives up is the next one’s', () => {
    const folder = newFolder();
    takeTurn(folder, 1, turnOf('r1'))?.leave();
    expect(livenessIn(folder)).toBe('gone');
  });

  it('holds the notes of its execution, and the latest of them', () => {
    const folder = newFolder();
    takeTurn(folder, 1, turnOf('r1'))?.note('ended', { status: 'ABORTED' });
    takeTurn(folder, 2, turnOf('r2'))?.note('cleanup');
    expect(noteOf(folder, 'r1', 'ended')).toEqual({ status: 'ABORTED' });
    expect(noteOf(folder, 'r2', 'ended')).toBeUndefined();
    expect([noteOf(folder, 'r1', 'cleanup'), noteOf(folder, 'r2', 'cleanup')]).toEqual([undefined, {}]);
  });

  it.each<[string, Partial<ProcessIdentity>, string]>([
    ['this process', {}, 'alive'],
    ['a number that no process has', { pid: 2 ** 22 + 1 }, 'gone'],
    ['a process that had this number before', { started: '1' }, 'gone'],
    ['this number before the machine was started again', { boot: 'an earlier one' }, 'gone'],
    ['another machine', { boot: 'of its own', machine: 'another' }, 'unsure'],
    ['another container on this machine', { namespace: 'pid:[1]' }, 'unsure'],
  ])('of %s is seen for what it is', (_, by, liveness) => {
    expect(livenessIn(takenBy(by))).toBe(liveness);
  });

  it.each([['nothing'], ['{"version":1,"by":{"pi'], ['{}'], ['[]'], ['{"version":2}']])(
    'that the power cut as %j is nobody’s',
    (text) => {
      const folder = newFolder();
      mkdirSync(join(folder, 'turns'));
      const file = join(folder, 'turns/1.json');
      writeFileSync(file, text === 'nothing' ? '' : text);
      // Where there are no links, it may be still on its way.
      expect(livenessIn(folder)).toBe('unsure');
      utimesSync(file, 0, 0);
      expect(livenessIn(folder)).toBe('gone');
    },
  );

  it('that the power cut before it had its name was never taken', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'turns'));
    writeFileSync(join(folder, 'turns/1.json.0a1b2c3d.tmp'), '{"version":1');
    expect(latestTurn(folder)).toBeUndefined();
  });
});

describe('a run folder', () => {
  it('is there with its first turn, or not at all', () => {
    const folder = runFolderOf(dir, 'trips', 'r1');
    createRunFolder(folder, turnOf('r1'));
    expect(readdirSync(join(dir, 'trips'))).toEqual(['r1']);
    expect(livenessIn(folder.path)).toBe('alive');
    expect(() => createRunFolder(folder, turnOf('r1'))).toThrow(/a run of that id is running/);
    expect(readdirSync(join(dir, 'trips'))).toEqual(['r1']);
  });

  it('that its process died over before it had its name is deleted, and one that is being made is not', () => {
    const base = newFolder();
    for (const name of ['.new-dead', '.new-living']) {
      mkdirSync(join(base, 'trips', name), { recursive: true });
      takeTurn(join(base, 'trips', name), 1, turnOf('r1'));
    }
    disown(join(base, 'trips/.new-dead'), 1);
    removeUnborn(base);
    expect(readdirSync(join(base, 'trips'))).toEqual(['.new-living']);
    expect(runFoldersIn(base)).toEqual([]);
  });

  it('is told from folders of others by what is in it', () => {
    const base = newFolder();
    for (const path of ['trips/no-run/turns', 'trips/notes', 'trips/.hidden/turns', 'not a pipeline/r1/turns'])
      mkdirSync(join(base, path), { recursive: true });
    writeFileSync(join(base, 'trips/file'), '');
    createRunFolder(runFolderOf(base, 'trips', 'r1'), turnOf('r1'));
    expect(runFoldersIn(base).map(({ pipeline, run }) => [pipeline, run])).toEqual([['trips', 'r1']]);
  });
});

it('a turn that cannot be written is wrong use, and says where', () => {
  const folder = newFolder();
  // As root may write everywhere, a file stands where the folder of turns would.
  writeFileSync(join(folder, 'turns'), '');
  expect(() => takeTurn(folder, 1, turnOf('r1'))).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining(dir) }),
  );
});
