/** Arithmetic and order of the results, so that the same flights always give the same bytes. */

/** Half a hundredth goes up. One division of whole numbers, so the tie is an exact one. */
export function meanOf(total: number, count: number): number {
  return roundedRatio(total, count, 1);
}

export function percentOf(part: number, count: number): number {
  return roundedRatio(part, count, 100);
}

function roundedRatio(part: number, count: number, scale: number): number {
  if (count === 0) return 0;
  // Adding zero turns -0, which is written differently, into 0.
  return Math.round((part * scale * 100) / count) / 100 + 0;
}

export function sumOf<Key extends string>(rows: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

/** By code unit, whatever the locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
