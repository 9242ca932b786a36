import { expect, it } from 'vitest';
import { parseDuration } from '../../../cli/options/duration.ts';

it.each([
  ['30s', 30],
  ['90m', 5_400],
  ['2h', 7_200],
  ['3d', 259_200],
])('%s is %i seconds', (text, seconds) => {
  expect(parseDuration(text, '--keep-on-failure')).toBe(seconds);
});

it.each(['', '2', 'h', '0h', '-1h', '1.5h', '2 h', '2w', '2H', '99999999d'])('"%s" is no duration', (text) => {
  expect(() => parseDuration(text, '--keep-on-failure')).toThrow(/--keep-on-failure: .*is no duration.*90m/);
});
