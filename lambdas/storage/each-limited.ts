/** Does something with each item, so many at once. Rejects with the first failure, once what had begun has ended. */
export async function eachLimited<T>(
  items: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly cause: unknown } | undefined;
  try {
    for await (const item of items) {
      if (failure) break;
      const run: Promise<void> = action(item)
        .catch((cause: unknown) => {
          failure ??= { cause };
        })
        .finally(() => running.delete(run));
      running.add(run);
      if (running.size >= atOnce) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  if (failure) throw failure.cause;
}
