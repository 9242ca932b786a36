/** Stored objects as sources of bytes, one by one or one after the other. */

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Source } from './codecs/codec.ts';
import type { Store } from './store.ts';

export class StoredObject implements Source {
  readonly byteLength: number;
  readonly #key: string;
  readonly #store: Store;

  constructor({ key, bytes }: { readonly key: string; readonly bytes: number }, store: Store) {
    this.byteLength = bytes;
    this.#key = key;
    this.#store = store;
  }

  stream(): Promise<Readable> {
    return this.#store.read(this.#key);
  }

  async slice(start: number, end: number): Promise<Uint8Array> {
    return buffer(await this.#store.read(this.#key, { start, end }));
  }
}

/** What is kept in memory of small objects that are fetched before their turn. */
const AHEAD = { objects: 32, bytes: 8 * 1024 * 1024 };

/**
 * The same sources in the same order. Small ones are fetched several at once: a request for each of thousands, one
 * after the other, would take longer than everything that is done with them.
 */
export async function* fetchedAhead<T extends { readonly source: Source }>(parts: Iterable<T>): AsyncGenerator<T> {
  for (const group of smallTogether(parts)) {
    if (group.length === 1) yield* group;
    else yield* await Promise.all(group.map(async (part) => ({ ...part, source: await inMemory(part.source) })));
  }
}

function* smallTogether<T extends { readonly source: Source }>(parts: Iterable<T>): Generator<T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const part of parts) {
    const { byteLength } = part.source;
    if (group.length > 0 && (group.length === AHEAD.objects || bytes + byteLength > AHEAD.bytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(part);
    bytes += byteLength;
  }
  if (group.length > 0) yield group;
}

async function inMemory(source: Source): Promise<Source> {
  const bytes = await buffer(await source.stream());
  return {
    byteLength: bytes.byteLength,
    stream: async () => Readable.from([bytes]),
    slice: async (start, end) => bytes.subarray(start, end),
  };
}

/** One stream of all their bytes. */
export function concatenated(sources: readonly Source[]): Readable {
  async function* pieces() {
    for await (const { source } of fetchedAhead(sources.map((source) => ({ source })))) yield* await source.stream();
  }
  return Readable.from(pieces(), { objectMode: false });
}
