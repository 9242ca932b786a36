/** A task's inputs: readers over what the producing tasks' commit records name. */

import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { RunId } from '../../state-machines/contract/keys.ts';
import type { CommittedOutput } from '../../state-machines/contract/records.ts';
import type { AnyFormat } from '../../state-machines/graph/formats.ts';
import type { PlannedTask } from '../../state-machines/graph/plan.ts';
import type { Records } from '../storage/records.ts';
import { rowsOf } from './codecs/batches.ts';
import type { Source } from './codecs/codec.ts';
import { decoderOf } from './codecs/decode/index.ts';
import { InputMissingError, InvalidDataError } from './errors.ts';
import type { Store } from './store.ts';
import { validate, validateRows } from './validate.ts';

export interface Inputs {
  /** By input name; undefined for an optional input whose task did not commit. */
  readonly readers: Readonly<Record<string, Reader | undefined>>;
  /** How many bytes the inputs hold that were opened so far. */
  bytesOpened(): number;
}

/** Reads each producing task's record once. @throws InputMissingError where a task that is needed has none */
export async function openInputs(run: RunId, task: PlannedTask, records: Records, store: Store): Promise<Inputs> {
  const producers = [...new Set(Object.values(task.inputs).map((input) => input.task))];
  const committed = new Map(
    await Promise.all(producers.map(async (name) => [name, await records.committed({ ...run, task: name })] as const)),
  );
  const readers: Record<string, Reader | undefined> = {};
  const opened = new Set<string>();
  for (const [name, input] of Object.entries(task.inputs)) {
    const output = committed.get(input.task)?.outputs[input.output];
    if (output) {
      const onOpen = () => void opened.add(name);
      readers[name] = new Reader(
        `input "${name}" (${input.task}.${input.output})`,
        output,
        input.format,
        store,
        onOpen,
      );
    } else if (!input.optional) {
      throw new InputMissingError(
        `input "${name}": the task "${input.task}" has committed no output "${input.output}"`,
      );
    }
  }
  const bytesOpened = () => opened.values().reduce((sum, name) => sum + (readers[name]?.byteLength ?? 0), 0);
  return { readers, bytesOpened };
}

/** Has every method whatever the format; the types show a handler those that fit. */
class Reader implements Source {
  readonly byteLength: number;
  readonly #where: string;
  readonly #key: string;
  readonly #format: AnyFormat;
  readonly #store: Store;
  readonly #onOpen: () => void;

  constructor(where: string, committed: CommittedOutput, format: AnyFormat, store: Store, onOpen: () => void) {
    this.byteLength = committed.bytes;
    this.#where = where;
    this.#key = committed.key;
    this.#format = format;
    this.#store = store;
    this.#onOpen = onOpen;
  }

  stream(): Promise<Readable> {
    this.#onOpen();
    return this.#store.read(this.#key);
  }

  async slice(start: number, end: number): Promise<Uint8Array> {
    this.#onOpen();
    return buffer(await this.#store.read(this.#key, { start, end }));
  }

  async bytes(): Promise<Uint8Array> {
    return buffer(await this.stream());
  }

  async read(): Promise<unknown> {
    const decoder = await decoderOf(this.#format.kind);
    if (decoder.holds !== 'a value') throw this.#wrongMethod('read()', 'rows()');
    return validate(this.#format, await decoder.decode(this), this.#where);
  }

  rows(): AsyncIterable<unknown> {
    return rowsOf(this.batches());
  }

  async *batches(): AsyncGenerator<readonly unknown[]> {
    const decoder = await decoderOf(this.#format.kind);
    if (decoder.holds !== 'rows') throw this.#wrongMethod('rows()', 'read()');
    let count = 0;
    for await (const batch of decoder.decode(this)) {
      yield await validateRows(this.#format, batch, this.#where, count);
      count += batch.length;
    }
  }

  #wrongMethod(called: string, meant: string): InvalidDataError {
    return new InvalidDataError(`${this.#where} is ${this.#format.kind}, which has no ${called}; call ${meant}`);
  }
}
