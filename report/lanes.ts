/** Spans that overlap, in as few lanes as they need; each in the first that is free, as they began. */

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** @returns the lane of each span, from 0, and how many there are */
export function intoLanes(spans: readonly Span[]): { readonly laneOf: readonly number[]; readonly lanes: number } {
  const ends: number[] = [];
  const laneOf = spans.map(({ startMs, endMs }) => {
    const free = ends.findIndex((end) => end <= startMs);
    const lane = free === -1 ? ends.length : free;
    // One that begins and ends at one time still takes its place.
    ends[lane] = Math.max(endMs, startMs + 1);
    return lane;
  });
  return { laneOf, lanes: ends.length };
}

/** How many were under way, from each of these times on. */
export function atOnce(spans: readonly Span[]): { readonly ms: number; readonly count: number }[] {
  const changes = spans.flatMap(({ startMs, endMs }) => [
    { ms: startMs, by: 1 },
    { ms: endMs, by: -1 },
  ]);
  changes.sort((a, b) => a.ms - b.ms || a.by - b.by);
  let count = 0;
  const points: { ms: number; count: number }[] = [];
  for (const { ms, by } of changes) {
    count += by;
    if (points.at(-1)?.ms === ms) points.pop();
    points.push({ ms, count });
  }
  return points;
}
