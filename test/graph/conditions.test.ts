import { describe, expect, it } from 'vitest';
import {
  allOf,
  anyOf,
  type Condition,
  fromInput,
  fromOutput,
  json,
  ndjson,
  not,
  ref,
  TaskGraph,
} from '../../state-machines/index.ts';

interface Stats {
  readonly rows: number;
  readonly mode: 'full' | 'delta';
  readonly complete: boolean;
  readonly note: string | null;
  readonly late?: number;
  readonly source: { readonly country: string };
  readonly more?: {
    readonly pages: number;
    readonly last: { readonly page: { readonly title: string | null } } | null;
  };
}

const graph = new TaskGraph('conditions');
const check = graph.addTask('check', {
  outputs: { stats: json<Stats>(), count: json<number>(), rows: ndjson<Stats>() },
});
const { stats, count } = check.outputs;

const test = (test: object, subject: object = { from: 'input', path: ['mode'] }) => ({ kind: 'test', subject, test });

describe('a condition is plain data', () => {
  const mode = fromInput('mode');
  const is = (value: unknown) => test({ is: 'equal', value });
  it.each<[string, Condition, object]>([
    ['equals a text', mode.equals('full'), is('full')],
    ['equals a number', mode.equals(0), is(0)],
    ['equals a boolean', mode.equals(false), is(false)],
    ['equals null', mode.equals(null), is(null)],
    ['differsFrom', mode.differsFrom('full'), { kind: 'not', condition: is('full') }],
    ['isOneOf', mode.isOneOf('full', 1), { kind: 'any', conditions: [is('full'), is(1)] }],
    ['lessThan', mode.lessThan(3), test({ is: 'less', value: 3 })],
    ['atMost', mode.atMost(3), test({ is: 'at most', value: 3 })],
    ['greaterThan', mode.greaterThan('b'), test({ is: 'greater', value: 'b' })],
    ['atLeast', mode.atLeast('b'), test({ is: 'at least', value: 'b' })],
    [
      'exists',
      mode.exists(),
      { kind: 'all', conditions: [test({ is: 'present' }), { kind: 'not', condition: is(null) }] },
    ],
    ['allOf', allOf(mode.equals(1), mode.equals(2)), { kind: 'all', conditions: [is(1), is(2)] }],
    ['anyOf', anyOf(mode.equals(1)), { kind: 'any', conditions: [is(1)] }],
    ['not', not(mode.equals(1)), { kind: 'not', condition: is(1) }],
  ])('%s', (_, condition, data) => {
    expect(condition).toEqual(data);
  });

  it.each<[string, Condition, object]>([
    ['a value in the input', fromInput('load', 'mode').equals(1), { from: 'input', path: ['load', 'mode'] }],
    ['a json output as a whole', fromOutput(count).equals(1), { from: 'output', ref: count, path: [] }],
    ['a value in it', fromOutput(stats, 'rows').equals(1), { from: 'output', ref: stats, path: ['rows'] }],
    [
      'a value two deep in it',
      fromOutput(stats, 'source', 'country').equals('NZ'),
      { from: 'output', ref: stats, path: ['source', 'country'] },
    ],
    [
      'a value in an output by name, at any depth',
      fromOutput(ref('check.stats'), 'a', 'b', 'c').equals(1),
      { from: 'output', ref: ref('check.stats'), path: ['a', 'b', 'c'] },
    ],
  ])('that looks at %s', (_, condition, subject) => {
    expect(condition).toMatchObject({ kind: 'test', subject });
  });
});

/** Checked by `tsc`, which `npm test` runs first: what must not compile does not. */
describe('a value whose type is known', () => {
  it('can be compared with its like', () => {
    fromOutput(count).equals(1);
    fromOutput(stats, 'rows').isOneOf(1, 2);
    fromOutput(stats, 'mode').differsFrom('delta');
    fromOutput(stats, 'mode').isOneOf('full', 'delta');
    fromOutput(stats, 'complete').equals(true);
    fromOutput(stats, 'note').equals(null);
    fromOutput(stats, 'note').atLeast('a');
    fromOutput(stats, 'late').lessThan(3);
    fromOutput(stats, 'more', 'pages').greaterThan(1);
    fromOutput(stats, 'more', 'last', 'page').exists();
    fromOutput(stats, 'more', 'last', 'page', 'title').isOneOf('Oslo', null);
  });

  it('and with nothing else', () => {
    // @ts-expect-error: a text is no number
    fromOutput(count).equals('1');
    // @ts-expect-error: a text is no number
    fromOutput(stats, 'rows').greaterThan('0');
    // @ts-expect-error: one of them is none
    fromOutput(stats, 'rows').isOneOf(1, true);
    // @ts-expect-error: no such mode
    fromOutput(stats, 'mode').equals('fulll');
    // @ts-expect-error: a boolean has no order
    fromOutput(stats, 'complete').lessThan(1);
    // @ts-expect-error: it is never null
    fromOutput(stats, 'rows').equals(null);
    // @ts-expect-error: null has no order
    fromOutput(stats, 'note').lessThan(null);
    // @ts-expect-error: a missing value is asked for with exists()
    fromOutput(stats, 'late').equals(undefined);
    // @ts-expect-error: a text, two deep
    fromOutput(stats, 'source', 'country').equals(1);
    // @ts-expect-error: a text, four deep
    fromOutput(stats, 'more', 'last', 'page', 'title').equals(1);
  });

  it('is in a json output, under a name that is there', () => {
    // @ts-expect-error: no such value
    fromOutput(stats, 'row');
    // @ts-expect-error: no such value, two deep
    fromOutput(stats, 'source', 'city');
    // @ts-expect-error: no such value, three deep
    fromOutput(stats, 'more', 'last', 'pages', 'title');
    // @ts-expect-error: nothing is in a text
    fromOutput(stats, 'mode', 'length');
    // @ts-expect-error: rows are no value
    fromOutput(check.outputs.rows);
  });
});

it('a value of unknown type can be compared with any text, number, boolean or null', () => {
  for (const given of [fromInput('mode'), fromOutput(ref('stats'), 'mode')]) {
    for (const value of ['a', 1, true, null]) given.equals(value);
    given.lessThan(1);
    given.atLeast('a');
    // @ts-expect-error: no scalar
    given.equals({});
    // @ts-expect-error: a boolean has no order
    given.lessThan(true);
  }
});
