/** An abort at each state × what must hold then. */

import { describe, expect, it } from 'vitest';
import { STATES } from '../../state-machines/contract/states.ts';
import { abortAsEntered, abortAtWork, findPlaces } from './aborts.ts';
import { check } from './checks.ts';

const { places, unreached } = await findPlaces();

it("every state is aborted at, but for the one that only a run with onTaskFailure: 'stop' comes to", () => {
  expect(unreached).toEqual([STATES.runAndCleanupFailed]);
});

describe.each(places.map(abortAsEntered))('an abort as a run enters $title:', check);

describe.each(places.filter(({ callsFunction }) => callsFunction).map(abortAtWork))(
  'an abort while a function runs for $title:',
  check,
);
