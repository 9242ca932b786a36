import { expect, it } from 'vitest';
import { valueAt, valueName } from '../../state-machines/contract/values.ts';

it('a value is named by its output and its path', () => {
  expect(valueName('stats', ['nested', 'rows'])).toBe('stats.nested.rows');
  expect(valueName('flag', [])).toBe('flag');
});

it.each<[unknown, readonly string[], unknown]>([
  [7, [], 7],
  [{ a: { b: null } }, ['a', 'b'], null],
  [{ a: [5] }, ['a', '0'], 5],
  [{ a: 1 }, ['b'], undefined],
  [{ a: 1 }, ['a', 'b'], undefined],
  [{ a: 'text' }, ['a', 'length'], undefined],
  [null, ['a'], undefined],
  [{}, ['constructor'], undefined],
  [Object.create({ a: 1 }), ['a'], undefined],
])('in %j at %j is %j', (value, path, found) => {
  expect(valueAt(value, path)).toEqual(found);
});
