import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Places } from '../../../local/functions/places.ts';

/** Invocations that end when told to, in the order in which they began. */
function invocations(atOnce: number) {
  const places = new Places(atOnce);
  const began: string[] = [];
  const ends: { readonly name: string; end(failure?: Error): void }[] = [];
  const use = (name: string) => {
    const done = places.use(name.replace(/\d+$/, ''), () => {
      const work = Promise.withResolvers<void>();
      began.push(name);
      ends.push({ name, end: (failure) => (failure ? work.reject(failure) : work.resolve()) });
      return work.promise;
    });
    done.catch(() => undefined);
  };
  const end = async (name: string, failure?: Error) => {
    ends.find((one) => one.name === name)?.end(failure);
    await setImmediate();
  };
  return { began, use, end };
}

it('as many run at once as there are places, and one that fails gives its place up too', async () => {
  const { began, use, end } = invocations(2);
  for (const name of ['a', 'b', 'c', 'd']) use(name);
  await setImmediate();
  expect(began).toEqual(['a', 'b']);
  await end('a', new Error('broken'));
  expect(began).toEqual(['a', 'b', 'c']);
  await end('c');
  expect(began).toEqual(['a', 'b', 'c', 'd']);
});

it('the last place is kept for a function that has none', async () => {
  const { began, use } = invocations(3);
  for (const name of ['chunk1', 'chunk2', 'chunk3', 'chunk4']) use(name);
  await setImmediate();
  expect(began).toEqual(['chunk1', 'chunk2']);
  use('load');
  await setImmediate();
  expect(began).toEqual(['chunk1', 'chunk2', 'load']);
});

it('the next to go is of the function that has the fewest under way', async () => {
  const { began, use, end } = invocations(5);
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2']) use(name);
  await setImmediate();
  expect(began).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  for (const name of ['a1', 'a2', 'a3']) await end(name);
  expect(began.slice(5)).toEqual(['b2', 'a5']);
});

it('where there is one place, one runs after the other', async () => {
  const { began, use, end } = invocations(1);
  for (const name of ['a1', 'a2']) use(name);
  await setImmediate();
  expect(began).toEqual(['a1']);
  await end('a1');
  expect(began).toEqual(['a1', 'a2']);
});
