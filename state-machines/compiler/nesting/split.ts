/**
 * The splits that cost nothing: into parts that have nothing to do with each other, and into parts of which each wholly
 * waits for the one before. A part that splits neither way holds an N (Valdes, Tarjan, Lawler: The recognition of
 * series parallel digraphs, 1982).
 */

import type { Network, Part, Scratch } from './network.ts';

/** The connected components, by their first tasks. */
export function parallelParts({ before, after }: Network, scratch: Scratch, part: Part): Part[] {
  const { marks, numbers } = scratch;
  const unseen = scratch.mark(part);
  const seen = scratch.fresh();
  const sizes: number[] = [];
  const reached = new Int32Array(part.length);
  let end = 0;
  for (const start of part) {
    if (marks[start] !== unseen) continue;
    const from = end;
    marks[start] = seen;
    reached[end++] = start;
    for (let next = from; next < end; next++) {
      const task = reached[next] ?? 0;
      numbers[task] = sizes.length;
      for (const other of before[task] ?? []) {
        if (marks[other] !== unseen) continue;
        marks[other] = seen;
        reached[end++] = other;
      }
      for (const other of after[task] ?? []) {
        if (marks[other] !== unseen) continue;
        marks[other] = seen;
        reached[end++] = other;
      }
    }
    sizes.push(end - from);
  }
  if (sizes.length === 1) return [part];
  const components = sizes.map((size) => new Int32Array(size));
  const filled = new Int32Array(sizes.length);
  for (const task of part) {
    const component = numbers[task] ?? 0;
    const at = filled[component] ?? 0;
    filled[component] = at + 1;
    (components[component] as Part)[at] = task;
  }
  return components;
}

/**
 * Cuts the part wherever all that follows waits for all that comes before: where each of the last tasks before the cut
 * has an edge to each of the first ones after it. What comes before such a cut is a prefix of any topological order.
 */
export function consecutiveParts({ before, after }: Network, scratch: Scratch, part: Part): Part[] {
  const { marks, numbers: waitsFor } = scratch;
  const ahead = scratch.mark(part);
  const passed = scratch.fresh();
  /** Passed, and no other that was passed waits for it. */
  const last = scratch.fresh();
  let firsts = 0;
  for (const task of part) {
    let count = 0;
    for (const other of before[task] ?? []) if (marks[other] === ahead) count += 1;
    waitsFor[task] = count;
    if (count === 0) firsts += 1;
  }
  const parts: Part[] = [];
  let start = 0;
  let lasts = 0;
  let crossing = 0;
  for (let position = 0; position < part.length - 1; position++) {
    const task = part[position] ?? 0;
    for (const other of before[task] ?? []) {
      const mark = marks[other];
      if (mark !== last && mark !== passed) continue;
      crossing -= 1;
      if (mark === passed) continue;
      marks[other] = passed;
      lasts -= 1;
    }
    marks[task] = last;
    lasts += 1;
    firsts -= 1;
    for (const other of after[task] ?? []) {
      if (marks[other] !== ahead) continue;
      crossing += 1;
      const left = (waitsFor[other] ?? 0) - 1;
      waitsFor[other] = left;
      if (left === 0) firsts += 1;
    }
    if (crossing !== lasts * firsts) continue;
    // As many edges as pairs of a last and a first task; are they these pairs?
    let pairs = 0;
    for (let i = start; i <= position; i++) {
      const one = part[i] ?? 0;
      if (marks[one] !== last) continue;
      for (const other of after[one] ?? []) if (marks[other] === ahead && waitsFor[other] === 0) pairs += 1;
    }
    if (pairs !== crossing) continue;
    parts.push(part.subarray(start, position + 1));
    start = position + 1;
  }
  parts.push(part.subarray(start));
  return parts;
}
