/**
 * The objects of a bucket, which can be read in the order of their keys from any key on, so that a page of a listing
 * costs what the page holds. fauxqs keeps them in a Map and sorts all of them for each page.
 */

/** By code unit, which for ASCII is S3's order. */
export class OrderedObjects<T> extends Map<string, T> {
  /** Sorted; holds keys too that are gone by now. */
  #keys: string[] = [];
  readonly #added = new Set<string>();

  override set(key: string, object: T): this {
    if (!this.has(key)) this.#added.add(key);
    return super.set(key, object);
  }

  /** In order: the key and what follows it. */
  from(key: string): Generator<[key: string, object: T]> {
    return this.#startingAt((other) => other >= key);
  }

  /** In order: what follows the key. */
  after(key: string): Generator<[key: string, object: T]> {
    return this.#startingAt((other) => other > key);
  }

  *#startingAt(isIn: (key: string) => boolean): Generator<[key: string, object: T]> {
    this.#sort();
    // As it is now: reading goes on in it while others add.
    const keys = this.#keys;
    for (let index = firstThat(isIn, keys); index < keys.length; index++) {
      const key = keys[index] ?? '';
      const object = this.get(key);
      if (object !== undefined) yield [key, object];
    }
  }

  #sort(): void {
    if (this.#added.size === 0 && this.#keys.length <= 2 * this.size + 1_000) return;
    const keys = new Set([...this.#keys, ...this.#added].filter((key) => this.has(key)));
    this.#keys = [...keys].sort(byCodeUnit);
    this.#added.clear();
  }
}

/** Stands in for the Map of all buckets: whatever is put into it keeps its objects in order. */
export class OrderedBuckets<T> extends Map<string, OrderedObjects<T>> {
  override set(bucket: string, objects: Map<string, T>): this {
    const ordered = new OrderedObjects<T>();
    for (const [key, object] of objects) ordered.set(key, object);
    return super.set(bucket, ordered);
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param isIn false for some first ones, and true for all that follow */
function firstThat(isIn: (key: string) => boolean, keys: readonly string[]): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isIn(keys[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
