import { expect, it } from 'vitest';
import { placeIn } from '../../history/answers.ts';

const cause = (...trace: unknown[]) => JSON.stringify({ errorType: 'Error', errorMessage: 'no luck', trace });

it.each<[of: string, cause: string | undefined, place: string | undefined]>([
  ['a function', cause('Error: no luck', '    at load (lambdas/sales/total.ts:12:9)'), 'lambdas/sales/total.ts:12:9'],
  ['a module', cause('Error: no luck', 'at lib/total.mts:1:2'), 'lib/total.mts:1:2'],
  ['an anonymous function', cause('at async <anonymous> (lib/a b/total.ts:1:2)'), 'lib/a b/total.ts:1:2'],
  [
    'what is behind Node, the bundle and other folders',
    cause(
      'at f (node:net:2021:16)',
      'at g (chunk-ABC.mjs:1:2)',
      'at h (/opt/x.mjs:1:2)',
      'at i (file:///x.mjs:1:2)',
      'at j (lib/k.ts:3:4)',
    ),
    'lib/k.ts:3:4',
  ],
  ['none', cause('Error: no luck', 'at f (node:net:2021:16)'), undefined],
  ['a message that looks like one', cause('Error: at load (lib/k.ts:3:4) it broke'), undefined],
  ['no function', 'the service is not there', undefined],
  ['no trace', '{"errorMessage":"no luck"}', undefined],
  ['a trace that is none', cause(null, 1, {}), undefined],
  ['nothing', undefined, undefined],
])('the place of %s', (_, given, place) => {
  expect(placeIn(given)).toBe(place);
});
