import pLimit from 'p-limit';

/** Something that goes on inside the interpreter. */
export interface Running<T = unknown> {
  /** Rejects with what Retry and Catch match. */
  readonly result: Promise<T>;
  abort(): void;
}

/**
 * Starts something for each item, never more than `most` at once, and gathers the results in the order of the items.
 * The first that fails ends all: what runs is aborted, and nothing further starts.
 *
 * @param finished looks at each result as it comes; what it throws ends all too
 */
export async function runAtOnce<Item, Result>(
  items: readonly Item[],
  most: number,
  start: (item: Item, index: number) => Running<Result> | Promise<Running<Result>>,
  finished: (result: Result, item: Item) => void = () => undefined,
): Promise<Result[]> {
  const limit = pLimit(Math.max(1, Math.min(most, items.length)));
  const running = new Set<Running<Result>>();
  let stopped = false;
  const stop = () => {
    stopped = true;
    limit.clearQueue();
    for (const one of running) one.abort();
  };
  const runOne = async (item: Item, index: number): Promise<Result> => {
    try {
      const one = await start(item, index);
      running.add(one);
      if (stopped) one.abort();
      const result = await one.result.finally(() => running.delete(one));
      finished(result, item);
      return result;
    } catch (error) {
      // Here, not behind the Promise.all: the next item starts as soon as this one's promise settles.
      stop();
      throw error;
    }
  };
  return Promise.all(items.map((item, index) => limit(runOne, item, index)));
}
