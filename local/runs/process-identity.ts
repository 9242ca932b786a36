/**
 * Which process of which machine that is, so that another one that later has the same number is not taken for it.
 *
 * On Linux a process is told by its number and its start in clock ticks since boot, among the processes of one boot and
 * one PID namespace (proc_pid_stat(5), pid_namespaces(7)). Elsewhere by its number and the start that `ps` prints;
 * where there is no `ps`, by its number alone.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { isObject } from '../../state-machines/contract/objects.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as its machine counts: compared, never reckoned with. */
  readonly started?: string;
  /** The boot that it belongs to; another one ended it. */
  readonly boot?: string;
  /** Numbers of processes mean something only in here. */
  readonly namespace?: string;
  /** The machine, as far as it has an id or a name. */
  readonly machine: string;
  readonly user: string;
}

/** `unsure`: it may run on another machine or in another container, which cannot be seen from here. */
export type Liveness = 'alive' | 'gone' | 'unsure';

export function thisProcess(): ProcessIdentity {
  const boot = bootId();
  const namespace = pidNamespace();
  const started = startOf(process.pid)?.started;
  return {
    pid: process.pid,
    ...(started !== undefined && { started }),
    ...(boot !== undefined && { boot }),
    ...(namespace !== undefined && { namespace }),
    machine: machineId(),
    user: userName(),
  };
}

export function livenessOf(other: ProcessIdentity): Liveness {
  const boot = bootId();
  if (other.boot === undefined || other.boot !== boot) {
    if (other.machine !== machineId() || (other.boot === undefined) !== (boot === undefined)) return 'unsure';
    if (boot !== undefined) return 'gone';
  }
  if (other.namespace !== pidNamespace()) return 'unsure';
  if (!isThere(other.pid)) return 'gone';
  const found = startOf(other.pid);
  if (found?.ended) return 'gone';
  // Where its start cannot be seen, as of another user's process, its number has to do.
  if (found === undefined || other.started === undefined) return 'alive';
  return found.started === other.started ? 'alive' : 'gone';
}

export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  return (
    isObject(value) &&
    Number.isSafeInteger(value['pid']) &&
    Number(value['pid']) > 0 &&
    typeof value['machine'] === 'string'
  );
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Without the right to signal it, it is there all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** @returns undefined where that cannot be found out */
export function startOf(pid: number): { readonly started: string; readonly ended: boolean } | undefined {
  return process.platform === 'linux' ? startInProc(pid) : startByPs(pid);
}

function startInProc(pid: number): ReturnType<typeof startOf> {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name of the program stands in parentheses, and may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', started = ''] = [fields[0], fields[19]];
  // A zombie has ended; only its parent has not looked yet.
  return started === '' ? undefined : { started, ended: 'ZXx'.includes(state) };
}

function startByPs(pid: number): ReturnType<typeof startOf> {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
    return started === '' ? undefined : { started, ended: false };
  } catch {
    return undefined;
  }
}

function bootId(): string | undefined {
  return readText('/proc/sys/kernel/random/boot_id')?.trim();
}

/** A container has mostly none of its own; its name is as good. https://www.freedesktop.org/software/systemd/man/latest/machine-id.html */
function machineId(): string {
  return readText('/etc/machine-id')?.trim() || hostname();
}

function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
