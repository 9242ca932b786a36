/** An abort at each state × what must hold then. */

import { describe, expect, it } from 'vitest';
import { abortAsEntered, abortAtWork, findPlaces } from './aborts.ts';
import { check } from './checks.ts';

const { places, unreached } = await findPlaces();

it('every state is aborted at, but for one that only a definition gone wrong would come to', () => {
  expect(unreached).toEqual([]);
});

describe.each(places.map(abortAsEntered))('an abort as a run enters $title:', check);

describe.each(places.filter(({ callsFunction }) => callsFunction).map(abortAtWork))(
  'an abort while a function runs for $title:',
  check,
);
