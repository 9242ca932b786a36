/**
 * Whose turn it is to work in a run's folder: one process's at a time.
 *
 *     turns/1.json           the process that runs it, and what it needs to be finalized without that process
 *     turns/1.cleanup.json   it has come to its cleanup, after which no hook is left to run
 *     turns/1.ended.json     how its execution ended
 *     turns/1.over.json      it has done what it had to
 *     turns/1.left.json      it could not, though it lives on
 *     turns/2.json           who came next: to resume the run, to finalize it for a process that died, to delete it
 *
 * Number n + 1 can be taken when turn n is over or its process gone. It is created so that only one can, whole or not
 * at all, and the file stays: nobody has to release a lock, and a crash at any moment leaves a turn whose process is
 * gone. What is over is told by the names of the files alone.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import { createWhole, writeWhole } from './atomic-file.ts';
import { type ExecutionRecord, isExecutionRecord } from './execution-record.ts';
import { isProcessIdentity, livenessOf, type ProcessIdentity, thisProcess } from './process-identity.ts';

const FOLDER = 'turns';

export interface Turn {
  readonly version: 1;
  readonly work: 'run' | 'resume' | 'finalize' | 'reap';
  readonly by: ProcessIdentity;
  /** ISO 8601. */
  readonly at: string;
  readonly pipeline: string;
  readonly run: string;
  /** What is run, or what is finalized. */
  readonly execution: ExecutionRecord;
}

export interface Latest {
  readonly number: number;
  readonly over: boolean;
  /** Its process has given it up. */
  readonly left: boolean;
  /** Absent where it cannot be read. */
  readonly turn?: Turn;
  /** It cannot be read, and has just been made: a file system without links shows it before it is whole. */
  readonly unfinished?: true;
}

const WHOLE_WITHIN_MS = 10_000;

/** What a process can note of its own turn. */
export type TurnNote = 'cleanup' | 'ended' | 'left' | 'over';

/** @returns the last turn, with what it says unless it is over; undefined where this is no run's folder */
export function latestTurn(folder: string): Latest | undefined {
  const names = new Set(namesIn(folder));
  const numbers = [...names].flatMap((name) => /^([1-9][0-9]{0,8})\.json$/.exec(name)?.[1] ?? []).map(Number);
  if (numbers.length === 0) return undefined;
  const number = Math.max(...numbers);
  const left = names.has(`${number}.left.json`);
  if (names.has(`${number}.over.json`)) return { number, over: true, left };
  const turn = readTurn(folder, number);
  const unfinished = !turn && Date.now() - statSync(join(folder, FOLDER, `${number}.json`)).mtimeMs < WHOLE_WITHIN_MS;
  return { number, over: false, left, ...(turn && { turn }), ...(unfinished && { unfinished }) };
}

/** @returns undefined where there is none of that number, or one that cannot be read */
function readTurn(folder: string, number: number): Turn | undefined {
  const turn = readJson(join(folder, FOLDER, `${number}.json`));
  return isTurn(turn) ? turn : undefined;
}

/** `unsure` where it cannot be seen whether its process is there. */
export function livenessOfTurn({ over, left, turn, unfinished }: Latest): 'over' | 'alive' | 'gone' | 'unsure' {
  if (over) return 'over';
  if (left) return 'gone';
  if (unfinished) return 'unsure';
  // It is written whole and before anything else: one that cannot be read was lost with the power.
  return turn ? livenessOf(turn.by) : 'gone';
}

/** The turn of this process: it alone may work in the folder. */
export class HeldTurn {
  readonly number: number;
  readonly turn: Turn;
  readonly #folder: string;
  #over = false;

  constructor(folder: string, number: number, turn: Turn) {
    this.#folder = folder;
    this.number = number;
    this.turn = turn;
  }

  note(what: TurnNote, value: object = {}): void {
    writeWhole(noteFile(this.#folder, this.number, what), `${JSON.stringify(value)}\n`);
    if (what === 'over') this.#over = true;
  }

  /** As if it had never been taken: nothing was done in it. */
  giveBack(): void {
    rmSync(join(this.#folder, FOLDER, `${this.number}.json`), { force: true });
    this.#over = true;
  }

  /** What is not over is for another process to finish, though this one lives on. */
  leave(): void {
    if (!this.#over && existsSync(join(this.#folder, FOLDER))) this.note('left');
  }
}

/**
 * @returns undefined where another process was faster
 * @throws UsageError where nothing can be written there
 */
export function takeTurn(
  folder: string,
  number: number,
  turn: Omit<Turn, 'version' | 'by' | 'at'>,
): HeldTurn | undefined {
  const whole: Turn = { version: 1, by: thisProcess(), at: new Date().toISOString(), ...turn };
  try {
    mkdirSync(join(folder, FOLDER), { recursive: true });
    const created = createWhole(join(folder, FOLDER, `${number}.json`), `${JSON.stringify(whole)}\n`);
    return created ? new HeldTurn(folder, number, whole) : undefined;
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError('InvalidOption', `dir: nothing can be written in ${dirname(folder)}: ${message}`);
  }
}

/** Whether that was noted in a turn in which this execution was worked on; the latest note. */
export function noteOf(folder: string, execution: string, what: TurnNote): unknown {
  const latest = latestTurn(folder)?.number ?? 0;
  for (let number = latest; number > 0; number--) {
    if (!existsSync(noteFile(folder, number, what))) continue;
    if (readTurn(folder, number)?.execution.name === execution) return readJson(noteFile(folder, number, what));
  }
  return undefined;
}

/** Whether the process that worked on this execution last is there still, though its work may be over. */
export function isAtWork(folder: string, execution: string): boolean {
  for (let number = latestTurn(folder)?.number ?? 0; number > 0; number--) {
    const turn = readTurn(folder, number);
    if (turn?.execution.name === execution) return livenessOf(turn.by) === 'alive';
  }
  return false;
}

/** The executions that have worked on the run, the first one first. @param until the last turn to look at */
export function executionsOf(folder: string, until = latestTurn(folder)?.number ?? 0): ExecutionRecord[] {
  const executions = new Map<string, ExecutionRecord>();
  for (let number = 1; number <= until; number++) {
    const turn = readTurn(folder, number);
    if (turn) executions.set(turn.execution.name, turn.execution);
  }
  return [...executions.values()];
}

function noteFile(folder: string, number: number, what: TurnNote): string {
  return join(folder, FOLDER, `${number}.${what}.json`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(join(folder, FOLDER));
  } catch {
    return [];
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isTurn(turn: unknown): turn is Turn {
  return (
    isObject(turn) && turn['version'] === 1 && isProcessIdentity(turn['by']) && isExecutionRecord(turn['execution'])
  );
}
