/** Figures for people. */

import type { RunResult } from '../state-machines/contract/result.ts';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units, as S3's console has them: 1,234,567 → `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let power = 0;
  let shown = bytes;
  // Rounded to one decimal, 999,950 is already the next unit's 1.0.
  while (shown >= (power === 0 ? 1000 : 999.95) && power < BYTE_UNITS.length - 1) {
    power += 1;
    shown /= 1000;
  }
  return `${shown.toFixed(power === 0 ? 0 : 1)} ${BYTE_UNITS[power]}`;
}

/** 2,345 → `2.3 s`, 75,000 → `1 min 15 s`; where two clocks differ, nothing lasts less than no time. */
export function formatDuration(given: number): string {
  const ms = Math.max(0, given);
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** 2,945 → `2 s`: of what goes on, tenths would only be restless. */
export function formatWholeSeconds(ms: number): string {
  return formatDuration(Math.floor(Math.max(0, ms) / 1000) * 1000).replace('.0 s', ' s');
}

export function formatCount(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}

/** `2026-11-20T21:35:00.000Z` → `2026-11-20 21:35 UTC`. */
export function formatTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** `released 12 objects, 3.4 MB`. */
export function formatReleased({ objects, bytes }: RunResult['released']): string {
  return `released ${formatCount(objects, 'object')}, ${formatBytes(bytes)}`;
}
