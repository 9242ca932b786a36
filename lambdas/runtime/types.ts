/** What a task's handler gets. The types of `inputs` and `outputs` follow from the task's declaration in the graph. */

import type { Readable } from 'node:stream';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { AnyFormat, BytesSource, FormatKind, ReadOf, WrittenOf } from '../../state-machines/graph/formats.ts';
import type { DataRef, NamedRef, OptionalRef } from '../../state-machines/graph/refs.ts';
import type { FormatOf, InputsDef, OutputsDef, TaskHandle } from '../../state-machines/graph/task.ts';

export type TaskHandler<Inputs extends InputsDef, Outputs extends OutputsDef> = (
  context: TaskContext<Inputs, Outputs>,
) => Promise<void> | void;

/** The handler that belongs to a task's handle. */
export type HandlerOf<Handle> =
  Handle extends TaskHandle<infer Inputs, infer Outputs> ? TaskHandler<Inputs, Outputs> : never;

export interface TaskContext<Inputs extends InputsDef, Outputs extends OutputsDef> {
  readonly inputs: { readonly [Name in keyof Inputs]: InputOf<Inputs[Name]> };
  readonly outputs: { readonly [Name in keyof Outputs]: OutputOf<FormatOf<Outputs[Name]>> };
  /** The input of the execution, as it was given. */
  readonly input: unknown;
  /** The run's id. */
  readonly run: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Fires shortly before the attempt's time is over; its reason is a TaskTimedOutError. */
  readonly signal: AbortSignal;
  /** Structured logs; every line carries pipeline, run, task and attempt. */
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
}

type InputOf<Ref> = Ref extends OptionalRef<infer Inner> ? ReaderOfRef<Inner> | undefined : ReaderOfRef<Ref>;

type ReaderOfRef<Ref> =
  Ref extends DataRef<infer F> ? ReaderOf<F> : Ref extends NamedRef<infer F> ? ReaderOf<F> : never;

/** Every input can be read as bytes; its format adds `read()` for a value or `rows()` for rows. */
export type ReaderOf<F extends AnyFormat> = RawReader &
  (FormatKind extends F['kind']
    ? ValueReader<unknown> & RowReader<unknown>
    : F['kind'] extends 'json' | 'text'
      ? ValueReader<ReadOf<F>>
      : F['kind'] extends 'ndjson' | 'csv' | 'parquet'
        ? RowReader<ReadOf<F>>
        : {});

export interface RawReader {
  /** How long it is. */
  readonly byteLength: number;
  stream(): Promise<Readable>;
  /** All of it, in memory. */
  bytes(): Promise<Uint8Array>;
}

export interface ValueReader<T> {
  read(): Promise<T>;
}

export interface RowReader<Row> {
  rows(): AsyncIterable<Row>;
  /** The same rows in arrays, as they come: many times as fast where little is done with each. */
  batches(): AsyncIterable<readonly Row[]>;
}

/** Each output is written once; writing resolves when all of it is stored. */
export type OutputOf<F extends AnyFormat> = F['kind'] extends 'bytes'
  ? ValueWriter<BytesSource>
  : F['kind'] extends 'json' | 'text'
    ? ValueWriter<WrittenOf<F>>
    : RowWriter<WrittenOf<F>>;

export interface ValueWriter<T> {
  write(value: T): Promise<void>;
}

export interface RowWriter<Row> {
  /** Takes rows as fast as they can be stored, and no faster: memory stays bounded however many there are. */
  writeRows(rows: Iterable<Row> | AsyncIterable<Row>): Promise<void>;
  /** The same for rows that come in arrays. */
  writeBatches(batches: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>): Promise<void>;
}
