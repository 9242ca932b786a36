import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eachLimited } from '../../../lambdas/storage/each-limited.ts';
import { fc } from '../../fast-check.ts';

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await setImmediate();
};
async function* slowly<T>(items: readonly T[]) {
  for (const item of items) {
    await setImmediate();
    yield item;
  }
}

it('does everything once, in the order of its start, and never more than so many at once', async () => {
  const cases = fc.record({
    durations: fc.array(fc.nat(4), { maxLength: 30 }),
    atOnce: fc.integer({ min: 1, max: 8 }),
    asynchronous: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ durations, atOnce, asynchronous }) => {
      const items = [...durations.entries()];
      const begun: number[] = [];
      let running = 0;
      let most = 0;
      await eachLimited(asynchronous ? slowly(items) : items, atOnce, async ([index, duration]) => {
        begun.push(index);
        most = Math.max(most, ++running);
        await turns(duration);
        running -= 1;
      });
      expect(begun).toEqual(items.map(([index]) => index));
      expect(running).toBe(0);
      expect(most).toBeLessThanOrEqual(atOnce);
    }),
  );
});

it('uses all the places that it has', async () => {
  let running = 0;
  let most = 0;
  await eachLimited(Array(20).keys(), 8, async () => {
    most = Math.max(most, ++running);
    await turns(2);
    running -= 1;
  });
  expect(most).toBe(8);
});

it('rejects with the first failure, once what had begun has ended, and begins nothing more', async () => {
  const ended: number[] = [];
  const begun: number[] = [];
  const all = eachLimited([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
    begun.push(item);
    await turns(item === 1 ? 1 : 5 + item);
    if (item === 1) throw new Error('first');
    ended.push(item);
    throw new Error(`late ${item}`);
  });
  await expect(all).rejects.toThrow('first');
  expect(begun).toEqual([0, 1, 2]);
  expect(ended).toEqual([0, 2]);
});

it('stops reading its source when something fails', async () => {
  let closed = false;
  async function* source() {
    try {
      for (let item = 0; ; item++) yield item;
    } finally {
      closed = true;
    }
  }
  await expect(eachLimited(source(), 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(closed).toBe(true);
});

it('also when its source fails it rejects once what had begun has ended', async () => {
  let ended = 0;
  async function* source() {
    yield 1;
    yield 2;
    throw new Error('no further page');
  }
  const all = eachLimited(source(), 8, async () => {
    await turns(5);
    ended += 1;
  });
  await expect(all).rejects.toThrow('no further page');
  expect(ended).toBe(2);
});
