import { UsageError } from '../../state-machines/contract/errors.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * `90m` → 5400.
 *
 * @param option names it in the error
 * @throws UsageError
 */
export function parseDuration(text: string, option: string): number {
  const match = /^([1-9][0-9]{0,6})([smhd])$/.exec(text);
  if (!match) {
    throw new UsageError(
      'InvalidOption',
      `${option}: "${text}" is no duration; give a whole number with a unit: 30s, 90m, 2h or 3d`,
    );
  }
  return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}
