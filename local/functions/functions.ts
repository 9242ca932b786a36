/** The functions of a local run, by ARN: how many sandboxes each has, and their end. */

import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from '../../state-machines/contract/environment.ts';
import { stopped } from './lambda-error.ts';
import { type FunctionSettings, Sandbox } from './sandbox.ts';

export interface Functions {
  /** How many invocations may run at the same time. */
  readonly atOnce: number;
  /** The task or the hook that a function is for; undefined for the cleanup. */
  nameOf(resource: string): string | undefined;
  /**
   * @param log names the file for what the function prints
   * @throws LambdaError
   */
  invoke(resource: string, payload: unknown, log: string): Promise<unknown>;
  /**
   * Ends whatever runs, and waits for it. The functions can be invoked again.
   *
   * @returns whether anything ran that nobody waited for any more, and may have written something since
   */
  kill(): Promise<boolean>;
}

/** A machine has less memory than Lambda: 60 processes take 6 GB before they do anything. */
const PROCESSES_AT_ONCE = Math.max(8, 4 * availableParallelism());

/** Each function in processes of its own: as many as are invoked at the same time, kept warm for the next. */
export class SandboxedFunctions implements Functions {
  readonly atOnce: number;
  readonly #settings: ReadonlyMap<string, FunctionSettings>;
  readonly #logFolder: string;
  readonly #idle = new Map<string, Sandbox[]>();
  readonly #all = new Set<Sandbox>();

  constructor(settings: ReadonlyMap<string, FunctionSettings>, logFolder: string, atOnce = PROCESSES_AT_ONCE) {
    this.#settings = settings;
    this.#logFolder = logFolder;
    this.atOnce = atOnce;
    mkdirSync(logFolder, { recursive: true });
  }

  nameOf(resource: string): string | undefined {
    return this.#settings.get(resource)?.environment[ENVIRONMENT.task];
  }

  async invoke(resource: string, payload: unknown, log: string): Promise<unknown> {
    const settings = this.#settings.get(resource);
    if (!settings) throw new Error(`the definition names ${resource}, which is no function of the template`);
    const sandbox = this.#takeWarm(resource) ?? this.#start(settings, log);
    try {
      return await sandbox.invoke(payload);
    } finally {
      if (sandbox.alive) this.#idleOf(resource).push(sandbox);
      else this.#all.delete(sandbox);
    }
  }

  async kill(): Promise<boolean> {
    const idle = [...this.#idle.values()].reduce((sum, { length }) => sum + length, 0);
    const busy = this.#all.size > idle;
    await Promise.all([...this.#all].map((sandbox) => sandbox.kill(stopped())));
    return busy;
  }

  #takeWarm(resource: string): Sandbox | undefined {
    const idle = this.#idleOf(resource);
    for (let sandbox = idle.pop(); sandbox; sandbox = idle.pop()) {
      if (sandbox.alive) return sandbox;
      this.#all.delete(sandbox);
    }
    return undefined;
  }

  #start(settings: FunctionSettings, log: string): Sandbox {
    if (this.#all.size >= this.atOnce) this.#endIdle();
    const sandbox = new Sandbox(settings, join(this.#logFolder, `${log}.log`));
    this.#all.add(sandbox);
    return sandbox;
  }

  /** Makes room: the one that was idle longest, of the function that has most of them. */
  #endIdle(): void {
    const [most] = [...this.#idle.values()].toSorted((a, b) => b.length - a.length);
    const sandbox = most?.shift();
    // It leaves the set when it has gone, so that an end of the run waits for it.
    void sandbox?.kill().then(() => this.#all.delete(sandbox));
  }

  #idleOf(resource: string): Sandbox[] {
    const idle = this.#idle.get(resource) ?? [];
    this.#idle.set(resource, idle);
    return idle;
  }
}
