import { expect, it } from 'vitest';
import { dirOption } from '../../history/dir-option.ts';

it.each([
  ['.ebbtide', ''],
  ['../elsewhere', ' --dir ../elsewhere'],
  ['my runs', " --dir 'my runs'"],
  ["my sister's", " --dir 'my sister'\\''s'"],
])('a command finds the folder %s again with "%s"', (dir, option) => {
  expect(dirOption(dir)).toBe(option);
});
