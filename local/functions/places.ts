/**
 * How many invocations run here at the same time, and whose turn it is.
 *
 * The next to go is of the function that has the fewest under way, and the last place is kept for one that has none. So
 * the thousand chunks of a task let everything beside them run.
 */
export class Places {
  #free: number;
  /** By function. */
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Does something in a place, as soon as there is one. */
  async use<T>(resource: string, work: () => Promise<T>): Promise<T> {
    const turn = Promise.withResolvers<void>();
    const queue = this.#waiting.get(resource) ?? [];
    queue.push(turn.resolve);
    this.#waiting.set(resource, queue);
    this.#admit();
    await turn.promise;
    try {
      return await work();
    } finally {
      this.#count(resource, -1);
      this.#admit();
    }
  }

  #admit(): void {
    for (let resource = this.#next(); resource !== undefined; resource = this.#next()) {
      const queue = this.#waiting.get(resource) ?? [];
      const enter = queue.shift();
      if (queue.length === 0) this.#waiting.delete(resource);
      this.#count(resource, 1);
      enter?.();
    }
  }

  #next(): string | undefined {
    if (this.#free === 0) return undefined;
    const running = (resource: string) => this.#running.get(resource) ?? 0;
    const [fewest] = [...this.#waiting.keys()].toSorted((a, b) => running(a) - running(b));
    return fewest !== undefined && (this.#free > 1 || running(fewest) === 0) ? fewest : undefined;
  }

  #count(resource: string, change: 1 | -1): void {
    this.#free -= change;
    this.#running.set(resource, (this.#running.get(resource) ?? 0) + change);
  }
}
