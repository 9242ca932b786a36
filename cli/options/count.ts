import { UsageError } from '../../state-machines/contract/errors.ts';

/**
 * @param option names it in the error
 * @throws UsageError where it is no whole number from 1 on
 */
export function parseCount(text: string, option: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new UsageError('InvalidOption', `${option}: "${text}" is not possible; give a whole number from 1 to 999999`);
}
