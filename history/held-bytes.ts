import type { HeldBytes } from './run-history.ts';

/**
 * The bytes that committed attempts hold. Of what a resumed run held before it went on its tasks tell as they answer
 * again; two tasks that commit at one time may both tell of one output that went.
 */
export class HeldBytesBuilder {
  readonly #points: HeldBytes[] = [];
  readonly #gone = new Set<string>();
  #bytes = 0;

  begin(at: string): void {
    this.#set(at, 0);
  }

  /** @param bytes may be less than none, where a task's chunks told more than gathering them did */
  grew(at: string, bytes: number): void {
    if (bytes !== 0) this.#set(at, this.#bytes + bytes);
  }

  released(at: string, outputs: Readonly<Record<string, number>>): void {
    for (const [output, bytes] of Object.entries(outputs)) {
      if (this.#gone.has(output)) continue;
      this.#gone.add(output);
      this.#set(at, this.#bytes - bytes);
    }
  }

  /** An earlier execution of the run left as much, and had released that: it was so from the beginning. */
  hadBefore(bytes: number, released: Readonly<Record<string, number>>): void {
    let more = bytes;
    for (const [output, gone] of Object.entries(released)) {
      if (!this.#gone.has(output)) more -= gone;
      this.#gone.add(output);
    }
    if (more === 0) return;
    this.#bytes = Math.max(0, this.#bytes + more);
    for (const [index, point] of this.#points.entries())
      this.#points[index] = { ...point, bytes: Math.max(0, point.bytes + more) };
  }

  emptied(at: string): void {
    this.#set(at, 0);
  }

  /** As much as before. */
  stayed(at: string): void {
    this.#set(at, this.#bytes);
  }

  points(): HeldBytes[] {
    return [...this.#points];
  }

  #set(at: string, bytes: number): void {
    this.#bytes = Math.max(0, bytes);
    if (this.#points.at(-1)?.at === at) this.#points.pop();
    this.#points.push({ at, bytes: this.#bytes });
  }
}
