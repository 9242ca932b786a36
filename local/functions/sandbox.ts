/**
 * One execution environment of one function: a process of its own, with the function's environment, memory and timeout,
 * and nothing of ours. It takes one invocation at a time, stays warm between them, and is killed as Lambda would.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { LambdaError, timedOut } from './lambda-error.ts';

export interface FunctionSettings {
  readonly name: string;
  /** A folder with the bundle. */
  readonly code: string;
  /** As Lambda has it: `extract.handler` is the export `handler` of `extract.mjs`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
}

/** What goes to the process, and what comes back. */
export interface SandboxRequest {
  readonly payload: unknown;
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly functionName: string;
  readonly memoryMiB: number;
}

export type SandboxAnswer =
  | { readonly loaded: true }
  | { readonly answer: unknown }
  | { readonly errorType: string; readonly errorMessage: string; readonly trace: readonly string[] };

/** The shares of the memory that Lambda's Node runtime leaves the heap, and each half of its young generation. */
const HEAP_SHARE = 0.9;
const SEMI_SPACE_SHARE = 0.05;
const MEMORY_CHECK_MS = 100;
const PAGE_BYTES = 4096;

/** Loading does not count to the timeout of an invocation. Lambda gives it 10 s; a busy laptop gets more. */
const LOAD_TIMEOUT_MS = 60_000;

export class Sandbox {
  readonly #settings: FunctionSettings;
  readonly #process: ChildProcess;
  readonly #loaded: Promise<unknown>;
  #killedFor: LambdaError | undefined;

  constructor(settings: FunctionSettings, logFile: string) {
    this.#settings = settings;
    const log = openSync(logFile, 'a');
    this.#process = fork(SANDBOX_MAIN, {
      cwd: settings.code,
      env: { ...settings.environment, LAMBDA_TASK_ROOT: settings.code, _HANDLER: settings.handler, TZ: 'UTC' },
      execArgv: [
        `--max-old-space-size=${Math.floor(settings.memoryMiB * HEAP_SHARE)}`,
        `--max-semi-space-size=${Math.floor(settings.memoryMiB * SEMI_SPACE_SHARE)}`,
      ],
      stdio: ['ignore', log, log, 'ipc'],
      // A group of its own: Ctrl-C is for the run, which then ends its sandboxes.
      detached: true,
    });
    closeSync(log);
    // A process that cannot be started says so here and nowhere else.
    this.#process.on('error', (error) => this.#process.emit('exit', null, error.message));
    this.#loaded = this.#nextAnswer(randomUUID(), LOAD_TIMEOUT_MS);
    this.#loaded.catch(() => undefined);
  }

  get alive(): boolean {
    const { connected, exitCode, signalCode, killed } = this.#process;
    return connected && !killed && exitCode === null && signalCode === null;
  }

  async invoke(payload: unknown): Promise<unknown> {
    const { name, memoryMiB, timeoutSeconds } = this.#settings;
    await this.#loaded;
    const requestId = randomUUID();
    const timeoutMs = timeoutSeconds * 1000;
    const deadline = Date.now() + timeoutMs;
    const answer = this.#nextAnswer(requestId, timeoutMs);
    const request: SandboxRequest = { payload, requestId, deadline, functionName: name, memoryMiB };
    // Where this fails the process has gone, which the answer tells.
    this.#process.send(request, () => undefined);
    return answer;
  }

  /** What the process says next, or what became of it. */
  async #nextAnswer(requestId: string, timeoutMs: number): Promise<unknown> {
    const { memoryMiB } = this.#settings;
    const ended = Promise.withResolvers<unknown>();
    const onAnswer = (answer: SandboxAnswer) => {
      if ('errorType' in answer) ended.reject(new LambdaError(answer.errorType, answer.errorMessage, answer.trace));
      else ended.resolve('answer' in answer ? answer.answer : undefined);
    };
    const onExit = (code: number | null, signal: string | null) => {
      ended.reject(this.#killedFor ?? exited(requestId, code, signal));
    };
    const timer = setTimeout(() => void this.kill(timedOut(requestId, timeoutMs / 1000)), timeoutMs);
    const memory = setInterval(() => {
      if (this.#residentBytes() > memoryMiB * 1024 * 1024) void this.kill(outOfMemory(requestId, memoryMiB));
    }, MEMORY_CHECK_MS);
    this.#process.once('message', onAnswer).once('exit', onExit);
    try {
      if (!this.alive) onExit(this.#process.exitCode, this.#process.signalCode);
      return await ended.promise;
    } finally {
      clearTimeout(timer);
      clearInterval(memory);
      this.#process.off('message', onAnswer).off('exit', onExit);
    }
  }

  /**
   * Resolves when the process has gone.
   *
   * @param error what becomes of an invocation that is under way
   */
  async kill(error?: LambdaError): Promise<void> {
    this.#killedFor ??= error;
    const { exitCode, signalCode, pid } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** Linux only; elsewhere the limit on the heap is all there is. */
  #residentBytes(): number {
    try {
      return Number(readFileSync(`/proc/${this.#process.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
    } catch {
      return 0;
    }
  }
}

const SANDBOX_MAIN = import.meta.filename.replace(/sandbox\.(ts|js)$/, 'sandbox-main.$1');

function outOfMemory(requestId: string, memoryMiB: number): LambdaError {
  return new LambdaError(
    'Runtime.OutOfMemory',
    `RequestId: ${requestId} Error: the function used more than its ${memoryMiB} MiB`,
  );
}

function exited(requestId: string, code: number | null, signal: string | null): LambdaError {
  // V8 ends the process with SIGABRT when its heap is full.
  if (signal === 'SIGABRT')
    return new LambdaError('Runtime.OutOfMemory', `RequestId: ${requestId} Error: the JavaScript heap is full`);
  const how = signal ? `signal: ${signal}` : code ? `exit status ${code}` : 'no reason given';
  return new LambdaError('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited: ${how}`);
}
