/** A task's outputs: writers into the attempt's own folder. What they wrote counts only once it is committed. */

import { outputKey, resultKey, type TaskId } from '../../state-machines/contract/keys.ts';
import type { CommittedOutput } from '../../state-machines/contract/records.ts';
import { extensionOf } from '../../state-machines/graph/formats.ts';
import type { PlannedOutput, PlannedTask } from '../../state-machines/graph/plan.ts';
import { inBatches } from './codecs/batches.ts';
import { CONTENT_TYPES } from './codecs/codec.ts';
import { encoderOf } from './codecs/encode/index.ts';
import { InvalidDataError, NonRetryableError } from './errors.ts';
import type { Store } from './store.ts';
import type { Written } from './types.ts';
import { validate, validateRows } from './validate.ts';

export class Outputs {
  readonly writers: Readonly<Record<string, Writer>>;
  readonly #store: Store;
  readonly #discarded = new AbortController();

  constructor(id: TaskId, attemptId: string, task: PlannedTask, store: Store, signal: AbortSignal) {
    this.#store = store;
    const stopped = AbortSignal.any([signal, this.#discarded.signal]);
    this.writers = Object.fromEntries(
      Object.entries(task.outputs).map(([name, output]) => {
        const key = outputKey(id, attemptId, name);
        const result = output.durable ? resultKey(id, name, extensionOf(output.format)) : undefined;
        return [name, new Writer(name, key, result, output, store, stopped)];
      }),
    );
  }

  /**
   * Waits for writes that the handler did not wait for.
   *
   * @throws NonRetryableError where an output was never written: the handler would do the same again
   */
  async finish(): Promise<Record<string, CommittedOutput>> {
    const written = await Promise.all(
      Object.entries(this.writers).map(async ([name, writer]) => [name, await writer.written] as const),
    );
    const missing = written.filter(([, output]) => !output).map(([name]) => `"${name}"`);
    if (missing.length > 0) {
      throw new NonRetryableError(
        `the handler returned without writing ${missing.join(', ')}; every output must be written`,
      );
    }
    return Object.fromEntries(written) as Record<string, CommittedOutput>;
  }

  /** Deletes what was stored, for an attempt that failed or came second. What cannot be deleted now, cleanup deletes. */
  async discard(): Promise<void> {
    this.#discarded.abort();
    await Promise.allSettled(
      Object.values(this.writers).map(async (writer) => {
        await writer.written?.catch(() => undefined);
        await this.#store.delete(writer.key);
      }),
    );
  }
}

/** Has both methods whatever the format; the types show a handler the one that fits. */
class Writer {
  readonly key: string;
  /** Settles when the output is stored; undefined until it is written. */
  written: Promise<CommittedOutput> | undefined;
  readonly #name: string;
  readonly #resultKey: string | undefined;
  readonly #output: PlannedOutput;
  readonly #store: Store;
  readonly #signal: AbortSignal;

  constructor(
    name: string,
    key: string,
    resultKey: string | undefined,
    output: PlannedOutput,
    store: Store,
    signal: AbortSignal,
  ) {
    this.key = key;
    this.#name = name;
    this.#resultKey = resultKey;
    this.#output = output;
    this.#store = store;
    this.#signal = signal;
  }

  write(value: unknown): Promise<Written> {
    return this.#start(() => this.#storeValue(value));
  }

  writeRows(rows: Iterable<unknown> | AsyncIterable<unknown>): Promise<Written> {
    return this.#start(() => this.#storeRows(inBatches(rows)));
  }

  writeBatches(batches: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>): Promise<Written> {
    return this.#start(() => this.#storeRows(batches));
  }

  async #start(store: () => Promise<CommittedOutput>): Promise<Written> {
    if (this.written)
      throw new NonRetryableError(`output "${this.#name}" was already written; an output is written once`);
    this.written = store();
    // finish() reports it where the handler does not wait for the write.
    this.written.catch(() => undefined);
    await this.written;
    return { output: this.#name } as Written;
  }

  async #storeValue(value: unknown): Promise<CommittedOutput> {
    const { format } = this.#output;
    const encoder = await encoderOf(format.kind);
    if (encoder.holds !== 'a value') throw this.#wrongMethod('write()', 'writeRows()');
    await validate(format, value, `output "${this.#name}"`);
    return this.#upload(encoder.encode(value));
  }

  async #storeRows(
    batches: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
  ): Promise<CommittedOutput> {
    const { format } = this.#output;
    const encoder = await encoderOf(format.kind);
    if (encoder.holds !== 'rows') throw this.#wrongMethod('writeRows()', 'write()');
    const where = `output "${this.#name}"`;
    let rows = 0;
    async function* checked() {
      for await (const batch of batches) {
        await validateRows(format, batch, where, rows);
        rows += batch.length;
        yield batch;
      }
    }
    const stored = await this.#upload(encoder.encode(checked(), format));
    return { ...stored, rows };
  }

  async #upload(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<CommittedOutput> {
    let bytes = 0;
    async function* counted() {
      for await (const piece of pieces) {
        bytes += piece.byteLength;
        yield piece;
      }
    }
    await this.#store.upload(this.key, CONTENT_TYPES[this.#output.format.kind], counted(), this.#signal);
    return { key: this.key, bytes, ...(this.#resultKey && { resultKey: this.#resultKey }) };
  }

  #wrongMethod(called: string, meant: string): InvalidDataError {
    return new InvalidDataError(
      `output "${this.#name}" is ${this.#output.format.kind}, which has no ${called}; call ${meant}`,
    );
  }
}
