/**
 * Data formats: how an output's bytes are laid out, and the TypeScript type of what is in them.
 *
 * A format is plain data. It names a codec (the harness in a Lambda has one a kind) and may carry a validator; it never
 * reads or writes itself, so that a graph can be imported anywhere.
 */

import type { StandardSchemaV1 } from '@standard-schema/spec';

export const FORMAT_KINDS = ['bytes', 'text', 'json', 'ndjson', 'csv', 'parquet', 'chunks'] as const;
export type FormatKind = (typeof FORMAT_KINDS)[number];

declare const types: unique symbol;

/**
 * @typeParam Written what the producing task writes (a row of it, for ndjson, csv and parquet)
 * @typeParam Read what a consuming task gets (a row of it, for ndjson, csv and parquet)
 */
export interface DataFormat<Kind extends FormatKind = FormatKind, Written = unknown, Read = unknown> {
  readonly kind: Kind;
  /** Checks what is written before it is stored, and what was stored when it is read. */
  readonly schema?: StandardSchemaV1<Written, Read>;
  /** parquet only: the columns and their types, in order. */
  readonly columns?: Readonly<Record<string, ParquetType>>;
  /** chunks only: how many there may be. */
  readonly max?: number;
  /** Of a chunk-parallel task: what its chunks wrote, one after the other in the order of the chunks. */
  readonly gathered?: boolean;
  /** Carries the two types; never there at run time. */
  readonly [types]?: { readonly written: Written; readonly read: Read };
}

// biome-ignore lint/suspicious/noExplicitAny: "a format of any type": unknown would not let a DataFormat<'json', Row> in
export type AnyFormat = DataFormat<FormatKind, any, any>;

export type WrittenOf<F> = F extends DataFormat<FormatKind, infer Written, unknown> ? Written : never;
// biome-ignore lint/suspicious/noExplicitAny: matches whatever the other type argument is
export type ReadOf<F> = F extends DataFormat<FormatKind, any, infer Read> ? Read : never;

export const PARQUET_TYPES = ['BOOLEAN', 'INT32', 'INT64', 'FLOAT', 'DOUBLE', 'STRING', 'TIMESTAMP', 'JSON'] as const;

export type ParquetValueType = (typeof PARQUET_TYPES)[number];

/** `INT32?` may be null; a column that never is reads faster. */
export type ParquetType = ParquetValueType | `${ParquetValueType}?`;

/** Every column of a csv file reads back as text, unless a validator turns it into something else. */
export type AsText<Row> = { [Column in keyof Row]: string };

/** Raw bytes. */
export function bytes(): DataFormat<'bytes', BytesSource, Uint8Array> {
  return { kind: 'bytes' };
}

/** What a `bytes` output takes: all at once, or as a stream of pieces (a Node.js Readable is one). */
export type BytesSource = Uint8Array | Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/** UTF-8 text, read and written whole. */
export function text(): DataFormat<'text', string, string> {
  return { kind: 'text' };
}

/**
 * One JSON value, read and written whole.
 *
 * @param schema a validator (https://standardschema.dev: zod, valibot, arktype …). Without one the type is taken on trust.
 * @example
 * outputs: { stats: json<{ rows: number }>(), checked: json(z.object({ rows: z.number() })) }
 */
export function json<T>(): DataFormat<'json', T, T>;
export function json<In, Out>(schema: StandardSchemaV1<In, Out>): DataFormat<'json', In, Out>;
export function json(schema?: StandardSchemaV1): DataFormat<'json'> {
  return { kind: 'json', ...(schema && { schema }) };
}

/**
 * Newline-delimited JSON: one row a line, streamed.
 *
 * @param schema a validator of one row, as for `json`
 */
export function ndjson<Row>(): DataFormat<'ndjson', Row, Row>;
export function ndjson<In, Out>(schema: StandardSchemaV1<In, Out>): DataFormat<'ndjson', In, Out>;
export function ndjson(schema?: StandardSchemaV1): DataFormat<'ndjson'> {
  return { kind: 'ndjson', ...(schema && { schema }) };
}

/**
 * Comma-separated values (RFC 4180) with a header line, streamed. The first row written decides the columns.
 *
 * @param schema a validator of one row, as for `json`; where a file is read, it is given every column as text
 */
export function csv<Row>(): DataFormat<'csv', Row, AsText<Row>>;
export function csv<In, Out>(schema: StandardSchemaV1<In, Out>): DataFormat<'csv', In, Out>;
export function csv(schema?: StandardSchemaV1): DataFormat<'csv'> {
  return { kind: 'csv', ...(schema && { schema }) };
}

/**
 * Apache Parquet, written and read one row group at a time.
 *
 * @param columns the columns and their types, with a `?` behind the type where a value may be null or missing. Without
 *   them the first row group decides: numbers are `DOUBLE?`, text `STRING?`, dates `TIMESTAMP?`, anything else `JSON?`;
 *   and a file without rows has no columns.
 */
export function parquet<Row>(
  columns?: { readonly [Column in keyof Row & string]: ParquetType },
): DataFormat<'parquet', Row, Row> {
  return { kind: 'parquet', ...(columns && { columns }) };
}

/** A part of the work of a chunk-parallel task. Whatever else a chunk holds tells its handler what to do. */
export interface AnyChunk {
  /** Unique in its list: letters, digits, `.`, `-` and `_`, the first no punctuation, 64 characters at the most. */
  readonly id: string;
}

export type ChunksFormat<Chunk extends AnyChunk = AnyChunk> = DataFormat<'chunks', readonly Chunk[], readonly Chunk[]>;

/**
 * A list of chunks, in order, for a task with `each` to run once for each of them.
 *
 * @param options.max how many there may be, up to 100,000: a longer list is an error of the task that writes it, and the
 *   limits of a run are reckoned with it. @default 300
 * @example
 * const list = graph.addTask('list', { outputs: { days: chunks<{ from: string; to: string }>({ max: 366 }) } });
 * // the handler of list: await outputs.days.write([{ id: '2026-01-01', from: '…', to: '…' }, …]);
 */
export function chunks<Chunk = {}>(options: { readonly max?: number } = {}): ChunksFormat<Chunk & AnyChunk> {
  return { kind: 'chunks', max: options?.max ?? DEFAULT_MAX_CHUNKS };
}

/** Four tasks of so many chunks fit into one run, each chunk with two retries. */
export const DEFAULT_MAX_CHUNKS = 300;

/** What the chunks of a task wrote, as one: rows of all of them; of json and text a row for each chunk. */
export type Gathered<F extends AnyFormat> = F & { readonly gathered: true };

/** The file name extension of a format, without the dot. */
export function extensionOf(format: AnyFormat): string {
  const extensions: Record<FormatKind, string> = {
    bytes: 'bin',
    text: 'txt',
    json: 'json',
    ndjson: 'ndjson',
    csv: 'csv',
    parquet: 'parquet',
    chunks: 'json',
  };
  return extensions[format.kind];
}

/** An output that is a result: published to the results bucket, where it stays after the run. */
export interface Durable<F extends AnyFormat = AnyFormat> {
  readonly kind: 'durable';
  readonly format: F;
}

/** Declares an output as a result: `outputs: { table: durable(csv<Row>()) }`. */
export function durable<F extends AnyFormat>(format: F): Durable<F> {
  return { kind: 'durable', format };
}
