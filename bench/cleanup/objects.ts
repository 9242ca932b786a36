/** The objects that are deleted: those of a run with chunks, three small ones in each attempt's folder. */

export const BUCKET = 'bench';
export const RUN = { pipeline: 'bench', run: 'run-1' };
export const PREFIX = `runs/${RUN.pipeline}/${RUN.run}/`;
export const PAGE = 1_000;

export function keyOf(index: number): string {
  const chunk = String(Math.floor(index / 3)).padStart(6, '0');
  return `${PREFIX}task/_chunks/${chunk}/1-9f3ac1d0/part-${index % 3}`;
}

/** Listings, as many deletions, and the three listings that prove the prefix empty. */
export function leastRequests(objects: number): number {
  return 2 * Math.ceil(objects / PAGE) + 3;
}
