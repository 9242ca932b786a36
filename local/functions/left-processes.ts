/**
 * The processes of functions whose run died. Each ends by itself when the channel to its run closes, unless its handler
 * never lets it: that one is told by the mark in its environment, which no other process has, and killed.
 *
 * Linux only: elsewhere nobody can look into the environment of a process.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOf } from '../runs/process-identity.ts';

/** The environment variable that holds the mark. */
export const MARK_VARIABLE = 'EBBTIDE_LOCAL_EXECUTION';

const GONE_WITHIN_MS = 5_000;

/** Resolves when they have gone. @returns how many there were */
export async function killLeftProcesses(mark: string): Promise<number> {
  const killed = new Set<number>();
  const giveUp = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const left = processesWith(mark);
    if (left.length === 0 || performance.now() > giveUp) return killed.size;
    for (const pid of left) {
      killed.add(pid);
      kill(pid);
    }
    await sleep(20);
  }
}

/** Those of this user, or all where that is root: the environment of others cannot be read. */
export function processesWith(mark: string): number[] {
  const wanted = `${MARK_VARIABLE}=${mark}`;
  return numbersInProc().filter(
    (pid) => pid !== process.pid && environmentOf(pid).includes(wanted) && startOf(pid)?.ended === false,
  );
}

function numbersInProc(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number);
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself meanwhile.
  }
}
