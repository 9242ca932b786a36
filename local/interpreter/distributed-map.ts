/**
 * A Distributed Map: a list of items out of S3, in batches, each an execution of its own.
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */

import type { DistributedMap } from './adapt.ts';
import { type Running, runAtOnce } from './at-once.ts';
import { RuntimeFailure, statesError } from './errors.ts';
import type { AnyTemplate } from './templates.ts';

/** What the state itself has worked out of its input. */
export interface DistributedMapPayload {
  readonly input: unknown;
  readonly items?: unknown;
  readonly reader?: { readonly Bucket?: unknown; readonly Key?: unknown };
  readonly batchInput?: unknown;
}

export interface ItemContext {
  readonly Index: number;
  readonly Value: unknown;
}

export interface DistributedMapSurroundings {
  /** @returns an object's text */
  readonly getObject: (bucket: string, key: string) => Promise<string>;
  /** Told of the items once they are known. */
  readonly onItems: (items: readonly unknown[]) => void;
  /** Fills in a template for each of these items, against the Map's input. */
  readonly select: (template: AnyTemplate, items: readonly ItemContext[], input: unknown) => Promise<unknown[]>;
  /** Starts an execution; its result is its output, or that it failed. */
  readonly startChild: (input: unknown) => Running<ChildEnd>;
}

export type ChildEnd = { readonly output: unknown } | 'failed';

/** @returns the outputs of the children that succeeded, in the order of the items */
export async function runDistributedMap(
  map: DistributedMap,
  payload: DistributedMapPayload,
  { getObject, onItems, select, startChild }: DistributedMapSurroundings,
): Promise<unknown[]> {
  const values = payload.reader ? await readItems(payload.reader, getObject) : payload.items;
  if (!Array.isArray(values)) throw new RuntimeFailure('the items of a Map are no list');
  onItems(values);
  const items = values.map((Value, Index): ItemContext => ({ Index, Value }));
  const batches = inBatches(items, map.maxItemsPerBatch ?? 1);
  let failedItems = 0;
  const start = async (batch: readonly ItemContext[]) => {
    const selected = map.itemSelector
      ? await select(map.itemSelector, batch, payload.input)
      : batch.map(({ Value }) => Value);
    if (map.maxItemsPerBatch === undefined) return startChild(selected[0]);
    return startChild({
      ...(payload.batchInput !== undefined && { BatchInput: payload.batchInput }),
      Items: selected,
    });
  };
  const ends = await runAtOnce(batches, map.maxConcurrency, start, (end, batch) => {
    if (end !== 'failed') return;
    failedItems += batch.length;
    const percentage = (100 * failedItems) / items.length;
    if (failedItems > map.toleratedFailureCount || percentage > map.toleratedFailurePercentage) {
      throw statesError(
        'States.ExceedToleratedFailureThreshold',
        'The specified tolerated failure threshold was exceeded',
      );
    }
  });
  return ends.flatMap((end) => (end === 'failed' ? [] : [end.output]));
}

async function readItems(
  { Bucket, Key }: NonNullable<DistributedMapPayload['reader']>,
  getObject: DistributedMapSurroundings['getObject'],
): Promise<unknown[]> {
  const where = `s3://${Bucket}/${Key}`;
  try {
    const items: unknown = JSON.parse(await getObject(String(Bucket), String(Key)));
    if (Array.isArray(items)) return items;
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw statesError('States.ItemReaderFailed', `${where} cannot be read: ${why}`);
  }
  throw statesError('States.ItemReaderFailed', `${where} holds no JSON list`);
}

function inBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, batch) =>
    items.slice(batch * size, (batch + 1) * size),
  );
}
