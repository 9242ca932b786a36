/** A second interpreter of Amazon States Language, with the interface of ours: a Python process that stays. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { HistoryEvent } from '../../history/from-execution-history.ts';
import type { ExecutionEnd, InterpretOptions } from '../../local/interpreter.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';

type Question =
  | { readonly kind: 'enter'; readonly state: string }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string }
  | {
      readonly kind: 'invoke';
      readonly state: string;
      readonly retryCount: number;
      readonly resource: string;
      readonly payload: unknown;
    };

type Message =
  | ({ readonly question: number; readonly run: string } & Question)
  | { readonly run: string; readonly end: ExecutionEnd; readonly history: readonly HistoryEvent[] }
  | { readonly run: string; readonly history: readonly HistoryEvent[] }
  | { readonly run: string; readonly broken: string };

interface Execution {
  readonly options: InterpretOptions;
  readonly functions: readonly string[];
  readonly end: PromiseWithResolvers<ExecutionEnd>;
  readonly history: PromiseWithResolvers<readonly HistoryEvent[]>;
}

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:f';
/** Longer than any answer may be. */
const TOO_LARGE = 'x'.repeat(300 * 1024);

export class SecondEngine {
  readonly #process: ChildProcess;
  readonly #executions = new Map<string, Execution>();
  readonly #gone: Promise<unknown>;

  /**
   * @param python of a venv that has moto; by default that which `main.ts` has installed
   * @param asItIs without what engine.py corrects
   */
  constructor({ python = process.env['EBBTIDE_TEST_PYTHON'] ?? 'python3', asItIs = false } = {}) {
    this.#process = spawn(python, [join(import.meta.dirname, 'engine.py'), ...(asItIs ? ['--as-it-is'] : [])], {
      // It prints the traceback of each branch that it has stopped.
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#gone = once(this.#process, 'exit').then(() => {
      for (const { end } of this.#executions.values()) end.reject(new Error('the second engine has gone'));
    });
    const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => void this.#onMessage(JSON.parse(line) as Message));
  }

  /**
   * As `interpret` of `local/interpreter.ts` does. Once the execution is over, no function is called any more.
   *
   * @param onHistory told the events that GetExecutionHistory would answer, once it is over
   */
  async interpret(
    definition: Definition,
    options: InterpretOptions,
    onHistory?: (events: readonly HistoryEvent[]) => void,
  ): Promise<ExecutionEnd> {
    const { name, input, signal, waits = 'real' } = options;
    const { input: executionInput, startedAt } = options.execution ?? { input, startedAt: new Date().toISOString() };
    if (JSON.stringify(executionInput) !== JSON.stringify(input)) throw new Error('they are one to this engine');
    const run = randomUUID();
    const end = Promise.withResolvers<ExecutionEnd>();
    const history = Promise.withResolvers<readonly HistoryEvent[]>();
    const { text, functions } = withFunctionArns(definition);
    this.#executions.set(run, { options, functions, end, history });
    const abort = () => end.resolve({ status: 'ABORTED' });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    const wait = waits === 'real' ? null : waits === 'none' ? 0 : waits / 1_000;
    this.#send({ run, definition: text, name, input, startedAt, wait });
    try {
      const ended = await end.promise;
      if (onHistory) {
        if (ended.status === 'ABORTED') this.#send({ history: run });
        onHistory(closed(await history.promise, ended.status));
      }
      return ended;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#executions.delete(run);
    }
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#gone;
  }

  async #onMessage(message: Message): Promise<void> {
    const execution = this.#executions.get(message.run);
    if ('history' in message) execution?.history.resolve(message.history);
    if ('end' in message) execution?.end.resolve(message.end);
    else if ('history' in message) return;
    else if ('broken' in message) execution?.end.reject(new Error(`the second engine broke: ${message.broken}`));
    else if (execution) this.#send({ answers: message.question, ...(await answerTo(message, execution)) });
  }

  #send(message: object): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}

/** It adds the last event only once all branches have come to their end, which those that were stopped do not. */
function closed(events: readonly HistoryEvent[], status: ExecutionEnd['status']): readonly HistoryEvent[] {
  const last = events.at(-1);
  if (/^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(last?.type ?? '')) return events;
  const type = status === 'ABORTED' ? 'ExecutionAborted' : 'ExecutionTimedOut';
  return [...events, { id: (last?.id ?? 0) + 1, previousEventId: 0, type, timestamp: new Date() }];
}

async function answerTo(question: Question, { options, functions }: Execution): Promise<object> {
  switch (question.kind) {
    case 'enter':
      options.onState?.(question.state);
      return {};
    case 'object':
      return { text: await options.getObject?.(question.bucket, question.key) };
    case 'invoke': {
      const { admit = (_, invocation) => invocation() } = options;
      const { state, payload, retryCount } = question;
      // This engine tells of an abort only at the execution's end.
      const { signal: abandoned } = new AbortController();
      const resource = functions[Number(question.resource.slice(FUNCTION_ARN.length))] ?? '';
      try {
        return {
          answer:
            (await admit(resource, () => options.invoke({ state, resource, payload, retryCount, abandoned }))) ?? null,
        };
      } catch (error) {
        return failureOf(error as Error);
      }
    }
    default:
      return question satisfies never;
  }
}

/** It takes nothing for a function that does not look like one; tests and placeholders do not always. */
function withFunctionArns(definition: Definition): { readonly text: string; readonly functions: readonly string[] } {
  const functions: string[] = [];
  const text = JSON.stringify(definition, (key, value: unknown) => {
    if (key !== 'Resource' || typeof value !== 'string' || value.startsWith('arn:aws:states:')) return value;
    if (!functions.includes(value)) functions.push(value);
    return `${FUNCTION_ARN}${functions.indexOf(value)}`;
  });
  return { text, functions };
}

/** A function's error as Lambda passes it on: JSON with its type. Answers that are too large are really that. */
function failureOf({ name, message }: Error): object {
  if (name === 'States.DataLimitExceeded') return { answer: TOO_LARGE };
  return { error: hasType(message) ? message : JSON.stringify({ errorType: name, errorMessage: message }) };
}

function hasType(text: string): boolean {
  try {
    return typeof JSON.parse(text).errorType === 'string';
  } catch {
    return false;
  }
}
