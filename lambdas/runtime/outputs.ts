/** A task's outputs: writers into the attempt's own folder. What they wrote counts only once it is committed. */

import { outputKey, resultKey, type TaskId } from '../../state-machines/contract/keys.ts';
import type { CommitRecord, CommittedOutput } from '../../state-machines/contract/records.ts';
import type { Scalar } from '../../state-machines/contract/values.ts';
import { extensionOf } from '../../state-machines/graph/formats.ts';
import type { PlannedOutput, PlannedTask } from '../../state-machines/graph/plan.ts';
import { chunkIdsOf } from './chunk-list.ts';
import { inBatches } from './codecs/batches.ts';
import { CONTENT_TYPES } from './codecs/codec.ts';
import { encoderOf } from './codecs/encode/index.ts';
import { InvalidDataError, NonRetryableError } from './errors.ts';
import { reportedValues } from './reported-values.ts';
import type { Store } from './store.ts';
import type { Written } from './types.ts';
import { validate, validateRows } from './validate.ts';

export class Outputs {
  readonly writers: Readonly<Record<string, Writer>>;
  readonly #store: Store;
  readonly #reports: boolean;
  readonly #discarded = new AbortController();

  constructor(id: TaskId, attemptId: string, task: PlannedTask, store: Store, signal: AbortSignal) {
    this.#store = store;
    this.#reports = Object.values(task.outputs).some(({ reported }) => reported);
    const stopped = AbortSignal.any([signal, this.#discarded.signal]);
    this.writers = Object.fromEntries(
      Object.entries(task.outputs).map(([name, output]) => {
        const key = outputKey(id, attemptId, name);
        return [name, new Writer(name, { key, ...fateOf(id, name, output) }, output, store, stopped)];
      }),
    );
  }

  /**
   * Waits for writes that the handler did not wait for.
   *
   * @throws NonRetryableError where an output was never written: the handler would do the same again
   */
  async finish(): Promise<Pick<CommitRecord, 'outputs' | 'values'>> {
    const stored = await Promise.all(
      Object.entries(this.writers).map(async ([name, writer]) => [name, await writer.written] as const),
    );
    const missing = stored.filter(([, output]) => !output).map(([name]) => `"${name}"`);
    if (missing.length > 0) {
      throw new NonRetryableError(
        `the handler returned without writing ${missing.join(', ')}; every output must be written`,
      );
    }
    const outputs = stored.flatMap(([name, written]) => (written ? [[name, written.output] as const] : []));
    const values = stored.map(([, written]) => written?.values ?? {});
    return {
      outputs: Object.fromEntries(outputs),
      ...(this.#reports && { values: Object.assign({}, ...values) }),
    };
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

/** Where an output is published, and when it goes. What chunks wrote has neither before it is gathered. */
function fateOf(id: TaskId, name: string, { format, durable, releasedBy }: PlannedOutput) {
  if (id.chunk !== undefined) return {};
  return {
    ...(durable && { resultKey: resultKey(id, name, extensionOf(format)) }),
    ...(releasedBy && { releasedBy }),
  };
}

interface Stored {
  readonly output: CommittedOutput;
  readonly values?: Readonly<Record<string, Scalar>>;
}

/** An encoder knows values, not where they go: an error of it gets the output's name. */
async function* ofOutput(where: string, encode: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  try {
    yield* encode();
  } catch (error) {
    const isNameless = error instanceof InvalidDataError && !error.message.startsWith(where);
    throw isNameless ? new InvalidDataError(`${where}: ${error.message}`) : error;
  }
}

/** Has both methods whatever the format; the types show a handler the one that fits. */
class Writer {
  readonly key: string;
  /** Settles when the output is stored; undefined until it is written. */
  written: Promise<Stored> | undefined;
  readonly #name: string;
  readonly #place: Omit<CommittedOutput, 'bytes'>;
  readonly #output: PlannedOutput;
  readonly #store: Store;
  readonly #signal: AbortSignal;

  constructor(
    name: string,
    place: Omit<CommittedOutput, 'bytes'>,
    output: PlannedOutput,
    store: Store,
    signal: AbortSignal,
  ) {
    this.key = place.key;
    this.#name = name;
    this.#place = place;
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

  async #start(store: () => Promise<Stored>): Promise<Written> {
    if (this.written)
      throw new NonRetryableError(`output "${this.#name}" was already written; an output is written once`);
    this.written = store();
    // finish() reports it where the handler does not wait for the write.
    this.written.catch(() => undefined);
    await this.written;
    return { output: this.#name } as Written;
  }

  async #storeValue(value: unknown): Promise<Stored> {
    const { format } = this.#output;
    const where = `output "${this.#name}"`;
    const encoder = await encoderOf(format.kind);
    if (encoder.holds !== 'a value') throw this.#wrongMethod('write()', 'writeRows()');
    await validate(format, value, where);
    const chunkIds = format.kind === 'chunks' && chunkIdsOf(value, format, where);
    const values = await reportedValues(this.#name, this.#output, value);
    const output = await this.#upload(ofOutput(where, () => encoder.encode(value)));
    return { output: { ...output, ...(chunkIds && { chunkIds }) }, values };
  }

  async #storeRows(batches: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>): Promise<Stored> {
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
    const stored = await this.#upload(ofOutput(where, () => encoder.encode(checked(), format)));
    return { output: { ...stored, rows } };
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
    return { ...this.#place, bytes };
  }

  #wrongMethod(called: string, meant: string): InvalidDataError {
    return new InvalidDataError(
      `output "${this.#name}" is ${this.#output.format.kind}, which has no ${called}; call ${meant}`,
    );
  }
}
