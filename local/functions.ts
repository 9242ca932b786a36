/** The functions of a local run, by ARN: how many sandboxes each has, and their end. */

import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { type FunctionSettings, Sandbox } from './sandbox.ts';

export interface Functions {
  /** @throws LambdaError */
  invoke(resource: string, payload: unknown, task: string): Promise<unknown>;
  /** Ends whatever runs, and waits for it. The functions can be invoked again. */
  kill(): Promise<void>;
}

/** A machine has less memory than Lambda: 60 processes take 6 GB before they do anything. */
const PROCESSES_AT_ONCE = Math.max(8, 4 * availableParallelism());

/** Each function in processes of its own: as many as are invoked at the same time, kept warm for the next. */
export class SandboxedFunctions implements Functions {
  readonly #settings: ReadonlyMap<string, FunctionSettings>;
  readonly #logFolder: string;
  readonly #idle = new Map<string, Sandbox[]>();
  readonly #all = new Set<Sandbox>();
  readonly #atOnce = pLimit(PROCESSES_AT_ONCE);

  constructor(settings: ReadonlyMap<string, FunctionSettings>, logFolder: string) {
    this.#settings = settings;
    this.#logFolder = logFolder;
    mkdirSync(logFolder, { recursive: true });
  }

  async invoke(resource: string, payload: unknown, task: string): Promise<unknown> {
    const settings = this.#settings.get(resource);
    if (!settings) throw new Error(`the definition names ${resource}, which is no function of the template`);
    return this.#atOnce(() => this.#invokeIn(resource, settings, payload, task));
  }

  async #invokeIn(resource: string, settings: FunctionSettings, payload: unknown, task: string): Promise<unknown> {
    const idle = this.#idle.get(resource) ?? [];
    this.#idle.set(resource, idle);
    let sandbox = idle.pop();
    while (sandbox && !sandbox.alive) sandbox = idle.pop();
    if (!sandbox) {
      sandbox = new Sandbox(settings, join(this.#logFolder, `${task}.log`));
      this.#all.add(sandbox);
    }
    try {
      return await sandbox.invoke(payload);
    } finally {
      if (sandbox.alive) idle.push(sandbox);
      else this.#all.delete(sandbox);
    }
  }

  async kill(): Promise<void> {
    // Who waited for a place has no run to go on with.
    this.#atOnce.clearQueue();
    await Promise.all([...this.#all].map((sandbox) => sandbox.kill()));
  }
}
