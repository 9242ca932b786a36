import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { presentable } from '../../../lambdas/runtime/presentable.ts';

describe('a message ends with what the causes of its error say', () => {
  const inner = new Error('no route to host');
  it.each<[of: string, error: unknown, message: string]>([
    ['one', new Error('cannot load', { cause: inner }), 'cannot load: no route to host'],
    [
      'a chain of them',
      new Error('cannot load', { cause: new TypeError('fetch failed', { cause: inner }) }),
      'cannot load: fetch failed: no route to host',
    ],
    [
      'one that it says already',
      new Error('cannot load (no route to host)', { cause: inner }),
      'cannot load (no route to host)',
    ],
    ['a text', new Error('cannot load', { cause: 'no route' }), 'cannot load: no route'],
    ['an object', new Error('cannot load', { cause: { status: 503 } }), 'cannot load: {"status":503}'],
    [
      'one with a code and nothing else',
      new Error('cannot load', { cause: Object.assign(new Error(), { code: 'EPIPE' }) }),
      'cannot load: EPIPE',
    ],
    ['one that says nothing', new Error('cannot load', { cause: new Error() }), 'cannot load'],
    ['no cause', new Error('cannot load', { cause: null }), 'cannot load'],
    [
      'several',
      new AggregateError([inner, new Error('refused')], 'all failed'),
      'all failed: no route to host; refused',
    ],
    ['one, where it says nothing itself', new Error('', { cause: inner }), 'no route to host'],
    [
      'one, where nothing else may be said',
      new DOMException('stopped', { cause: inner } as never),
      'stopped: no route to host',
    ],
  ])('of %s', (_, error, message) => {
    const shown = presentable(error);
    expect(shown.message).toBe(message);
    expect(shown.stack?.split('\n')[0]).toBe(`${shown.name}: ${message}`);
    expect(presentable(shown).message).toBe(message);
  });

  it('of an error that is its own cause, once', () => {
    const error = new Error('round');
    error.cause = new Error('and round', { cause: error });
    expect(presentable(error).message).toBe('round: and round');
  });

  it('of a fetch that reaches nobody: which address, and why', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await fetch(`http://127.0.0.1:${port}/`).catch(presentable);
    expect(error).toMatchObject({
      name: 'TypeError',
      message: `fetch failed: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it('and is cut to 1,000 characters with them', () => {
    const error = presentable(new Error('why', { cause: new Error('long '.repeat(1_000)) }));
    expect(error.message).toMatch(/^why: long .*…$/);
    expect(error.message.length).toBe(1_000);
  });
});

it.each([
  ['out of paper', 'out of paper'],
  [{ status: 503 }, '{"status":503}'],
  [undefined, 'undefined'],
])('%j, which is no Error, becomes one', (thrown, message) => {
  expect(presentable(thrown)).toMatchObject({ name: 'Error', message });
});
