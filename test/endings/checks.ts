/** What must hold of a run that has ended, a test each. */

import { beforeAll, expect, it } from 'vitest';
import { TABLE } from './pipeline.ts';
import { type CheckedEnding, MOMENTS, play, type Story } from './story.ts';

export function check(ending: CheckedEnding): void {
  const { expected } = ending;
  let story: Story;

  beforeAll(async () => {
    story = await play(ending);
  });

  it('the hooks ran as defined, once', () => {
    expect(story.hooks).toEqual(expected.hooks);
  });

  it(`nothing is left once ${expected.gone}`, () => {
    const from = MOMENTS.indexOf(expected.gone);
    for (const moment of MOMENTS.slice(from)) expect([moment, story.left[moment]]).toEqual([moment, []]);
    // What is there before shows that the promise is none that keeps itself.
    if (expected.leavesSomething ?? from > 0) expect(story.before[expected.gone]).not.toEqual([]);
  });

  it('other runs are untouched', () => {
    expect(story.changedOfOthers).toEqual([]);
  });

  if (expected.published === 'perhaps') {
    it('its results are there, whole, or not at all', () => {
      expect([undefined, TABLE]).toContainEqual(story.published);
    });
  } else {
    it(expected.published ? 'its results are there, whole' : 'no results are there', () => {
      expect(story.published).toEqual(expected.published ? TABLE : undefined);
    });
  }

  it(`what is reported is ${expected.reason ?? expected.error ?? expected.status}`, () => {
    const { status, error, reason = error } = expected;
    expect(story.end.status).toBe(status);
    if (error !== undefined) expect(story.end.error).toBe(error);
    expect([story.result?.status, story.result?.error?.name]).toEqual([status, reason]);
  });
}
