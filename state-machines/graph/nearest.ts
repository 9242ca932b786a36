/** "Did you mean …?": the known name that is nearest to the one given. */

/** @returns undefined where nothing is near enough to be what was meant */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(given.length, Math.max(2, Math.floor(given.length / 2)) + 1);
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance (Wagner and Fischer 1974), one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** `; did you mean "raw"?`, to be put behind what is wrong; nothing where nothing is near. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

/** The same, or where nothing is near all that there are. */
export function didYouMeanOneOf(given: string, known: readonly string[]): string {
  return didYouMean(given, known) || `; there are ${known.join(', ')}`;
}
