/** A task's inputs: readers over what the producing tasks' commit records name. */

import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { TaskId } from '../../state-machines/contract/keys.ts';
import type { CommittedOutput } from '../../state-machines/contract/records.ts';
import type { AnyFormat, FormatKind } from '../../state-machines/graph/formats.ts';
import type { PlannedTask } from '../../state-machines/graph/plan.ts';
import type { Records } from '../storage/records.ts';
import { rowsOf } from './codecs/batches.ts';
import type { RowDecoder, Source } from './codecs/codec.ts';
import { decoderOf } from './codecs/decode/index.ts';
import { InputMissingError, InvalidDataError } from './errors.ts';
import { concatenated, fetchedAhead, StoredObject } from './sources.ts';
import type { Store } from './store.ts';
import { validate, validateRows } from './validate.ts';

export interface Inputs {
  /** By input name; undefined for an optional input whose task did not commit. */
  readonly readers: Readonly<Record<string, Reader | undefined>>;
  /** How many bytes the inputs hold that were opened so far. */
  bytesOpened(): number;
}

/**
 * Reads each producing task's record once.
 *
 * @param idOf where a task, by its name, leaves its data
 * @returns makes the inputs, as often as a handler is called
 * @throws InputMissingError where a task that is needed has none
 */
export async function openInputs(
  idOf: (task: string) => TaskId,
  task: PlannedTask,
  records: Records,
  store: Store,
): Promise<() => Inputs> {
  const producers = [...new Set(Object.values(task.inputs).map((input) => input.task))];
  const committed = new Map(
    await Promise.all(producers.map(async (name) => [name, await records.committed(idOf(name))] as const)),
  );
  const found = Object.entries(task.inputs).map(([name, input]) => {
    const output = committed.get(input.task)?.outputs[input.output];
    if (!output && !input.optional) {
      throw new InputMissingError(
        `input "${name}": the task "${input.task}" has committed no output "${input.output}"`,
      );
    }
    return { name, input, output };
  });
  return () => {
    const opened = new Set<string>();
    const readers = found.map(({ name, input, output }): [string, Reader | undefined] => {
      const where = `input "${name}" (${input.task}.${input.output})`;
      const onOpen = () => void opened.add(name);
      return [name, output && new Reader(where, output, input.format, store, onOpen)];
    });
    const bytesOpened = () =>
      found.reduce((sum, { name, output }) => sum + (opened.has(name) ? (output?.bytes ?? 0) : 0), 0);
    return { readers: Object.fromEntries(readers), bytesOpened };
  };
}

/** Formats of which a file behind a file is a file again. */
const JOINABLE: ReadonlySet<FormatKind> = new Set(['bytes', 'text', 'ndjson']);

interface Part {
  readonly source: Source;
  /** Names it for the reader of an error. */
  readonly where: string;
}

/** Has every method whatever the format; the types show a handler those that fit. */
class Reader {
  readonly byteLength: number;
  readonly #where: string;
  readonly #parts: readonly Part[];
  readonly #format: AnyFormat;
  readonly #onOpen: () => void;

  constructor(where: string, committed: CommittedOutput, format: AnyFormat, store: Store, onOpen: () => void) {
    this.byteLength = committed.bytes;
    this.#where = where;
    this.#parts = format.gathered
      ? (committed.parts ?? []).map((part) => ({
          source: new StoredObject(part, store),
          where: `${where}, chunk "${part.chunk}"`,
        }))
      : [{ source: new StoredObject(committed, store), where }];
    this.#format = format;
    this.#onOpen = onOpen;
  }

  async stream(): Promise<Readable> {
    const [first] = this.#parts;
    if (this.#parts.length > 1 && !JOINABLE.has(this.#format.kind)) {
      throw new InvalidDataError(
        `${this.#where} is ${this.#format.kind} of ${this.#parts.length} chunks, a file each, which are no one file together; call rows()`,
      );
    }
    this.#onOpen();
    return first && this.#parts.length === 1
      ? first.source.stream()
      : concatenated(this.#parts.map(({ source }) => source));
  }

  async bytes(): Promise<Uint8Array> {
    return buffer(await this.stream());
  }

  async read(): Promise<unknown> {
    const [part] = this.#parts;
    const decoder = await decoderOf(this.#format.kind);
    if (decoder.holds !== 'a value' || this.#format.gathered || !part) throw this.#wrongMethod('read()', 'rows()');
    this.#onOpen();
    return validate(this.#format, await named(part.where, decoder.decode(part.source)), part.where);
  }

  rows(): AsyncIterable<unknown> {
    return rowsOf(this.batches());
  }

  async *batches(): AsyncGenerator<readonly unknown[]> {
    const { kind, gathered } = this.#format;
    const decoder = await decoderOf(kind);
    if (decoder.holds !== 'rows' && (!gathered || kind === 'bytes')) {
      throw this.#wrongMethod('rows()', kind === 'bytes' ? 'stream()' : 'read()');
    }
    this.#onOpen();
    for await (const { source, where } of fetchedAhead(this.#parts)) {
      if (decoder.holds === 'rows') yield* this.#rowsIn(source, where, decoder);
      else yield [await validate(this.#format, await named(where, decoder.decode(source)), where)];
    }
  }

  async *#rowsIn(source: Source, where: string, decoder: RowDecoder): AsyncGenerator<readonly unknown[]> {
    let count = 0;
    for await (const batch of allNamed(where, decoder.decode(source))) {
      yield await validateRows(this.#format, batch, where, count);
      count += batch.length;
    }
  }

  #wrongMethod(called: string, meant: string): InvalidDataError {
    const what = this.#format.gathered ? `${this.#format.kind} of several chunks` : this.#format.kind;
    return new InvalidDataError(`${this.#where} is ${what}, which has no ${called}; call ${meant}`);
  }
}

/** A decoder knows bytes, not whose they are: an error of it gets the input's name. */
async function named<T>(where: string, decoded: Promise<T>): Promise<T> {
  try {
    return await decoded;
  } catch (error) {
    throw withName(where, error);
  }
}

async function* allNamed<T>(where: string, decoded: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* decoded;
  } catch (error) {
    throw withName(where, error);
  }
}

function withName(where: string, error: unknown): unknown {
  return error instanceof InvalidDataError ? new InvalidDataError(`${where}: ${error.message}`) : error;
}
