/** What a task's handler gets, and what it gives back. Both follow from the task's declaration in the graph. */

import type { Readable } from 'node:stream';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { AnyFormat, BytesSource, FormatKind, ReadOf, WrittenOf } from '../../state-machines/graph/formats.ts';
import type { DataRef, NamedRef, OptionalRef } from '../../state-machines/graph/refs.ts';
import type { FormatOf, FunctionHandle, InputsDef, OutputsDef } from '../../state-machines/graph/task.ts';

/** @typeParam Extra what it gets besides: a chunk-parallel task its `chunk`, a hook the `outcome` */
export type TaskHandler<Inputs extends InputsDef, Outputs extends OutputsDef, Extra extends object = {}> = (
  context: TaskContext<Inputs, Outputs> & Extra,
) => Promise<ReceiptsOf<Outputs>> | ReceiptsOf<Outputs>;

/** The handler that belongs to the handle of a task or a hook. */
export type HandlerOf<Handle> =
  Handle extends FunctionHandle<infer Inputs, infer Outputs, infer Extra> ? TaskHandler<Inputs, Outputs, Extra> : never;

/** A receipt for every output: a handler that leaves one out does not compile. Without outputs it returns nothing. */
export type ReceiptsOf<Outputs extends OutputsDef> = keyof Outputs extends never
  ? // biome-ignore lint/suspicious/noConfusingVoidType: it stands where the type of a return value does
    void
  : { readonly [Name in keyof Outputs & string]: Written<Name> };

/** The receipt for an output that is stored. Only writing that very output gives one. */
export interface Written<Name extends string = string> {
  readonly output: Name;
  /** Never there at run time. */
  readonly [receipt]: true;
}

declare const receipt: unique symbol;

export interface TaskContext<Inputs extends InputsDef, Outputs extends OutputsDef> {
  readonly inputs: { readonly [Name in keyof Inputs]: InputOf<Inputs[Name]> };
  readonly outputs: { readonly [Name in keyof Outputs & string]: OutputOf<FormatOf<Outputs[Name]>, Name> };
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
export type ReaderOf<F extends AnyFormat> = F extends { readonly gathered: true }
  ? GatheredReaderOf<F>
  : RawReader &
      (FormatKind extends F['kind']
        ? ValueReader<unknown> & RowReader<unknown>
        : F['kind'] extends 'json' | 'text' | 'chunks'
          ? ValueReader<ReadOf<F>>
          : F['kind'] extends 'ndjson' | 'csv' | 'parquet'
            ? RowReader<ReadOf<F>>
            : {});

/**
 * What the chunks of a task wrote, as one, in their order: the rows of all of them, or a row for each where they wrote
 * values. Only what is no less of its format when put one after the other can be read as bytes.
 */
type GatheredReaderOf<F extends AnyFormat> = F['kind'] extends 'bytes'
  ? RawReader
  : F['kind'] extends 'ndjson' | 'text'
    ? RawReader & RowReader<ReadOf<F>>
    : Pick<RawReader, 'byteLength'> & RowReader<ReadOf<F>>;

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

/** Each output is written once; writing resolves, to the receipt for it, when all of it is stored. */
export type OutputOf<F extends AnyFormat, Name extends string = string> = F['kind'] extends 'bytes'
  ? ValueWriter<BytesSource, Name>
  : F['kind'] extends 'json' | 'text' | 'chunks'
    ? ValueWriter<WrittenOf<F>, Name>
    : RowWriter<WrittenOf<F>, Name>;

export interface ValueWriter<T, Name extends string = string> {
  write(value: T): Promise<Written<Name>>;
}

export interface RowWriter<Row, Name extends string = string> {
  /** Takes rows as fast as they can be stored, and no faster: memory stays bounded however many there are. */
  writeRows(rows: Iterable<Row> | AsyncIterable<Row>): Promise<Written<Name>>;
  /** The same for rows that come in arrays. */
  writeBatches(batches: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>): Promise<Written<Name>>;
}
