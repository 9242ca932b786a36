/**
 * How fast the endpoint can go: the very requests that deleting takes at the least, prepared before the clock starts, and
 * sent over kept-alive connections by a client that does not look at the answers.
 */

import { Agent, request } from 'node:http';
import { eachLimited } from '../../lambdas/storage/each-limited.ts';
import { BUCKET, keyOf, PAGE, PREFIX } from './objects.ts';

const DELETES_AT_ONCE = 8;

/** @returns milliseconds */
export async function measureBare(endpoint: string, objects: number): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const send = (method: string, query: string, body?: Buffer) =>
    new Promise<void>((resolve, reject) => {
      const headers = body ? { 'content-type': 'application/xml', 'content-length': body.length } : {};
      const sent = request(`${endpoint}/${BUCKET}/?${query}`, { method, agent, headers }, (answer) => {
        answer.resume().once('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(query))));
      });
      sent.once('error', reject).end(body);
    });
  const pages = Array.from({ length: Math.ceil(objects / PAGE) }, (_, page) => prepare(page, objects));
  async function* listed() {
    for (const { listing, deletion } of pages) {
      await send('GET', listing);
      yield deletion;
    }
  }
  const start = performance.now();
  await eachLimited(listed(), DELETES_AT_ONCE, (deletion) => send('POST', 'delete', deletion));
  for (const proof of ['versions', 'uploads', 'list-type=2']) await send('GET', `${proof}&prefix=${PREFIX}`);
  const milliseconds = performance.now() - start;
  agent.destroy();
  return milliseconds;
}

function prepare(page: number, objects: number): { readonly listing: string; readonly deletion: Buffer } {
  const first = page * PAGE;
  const marker = page === 0 ? '' : `&key-marker=${keyOf(first - 1)}&version-id-marker=null`;
  const keys = Array.from({ length: Math.min(PAGE, objects - first) }, (_, index) => keyOf(first + index));
  const named = keys.map((key) => `<Object><Key>${key}</Key><VersionId>null</VersionId></Object>`).join('');
  return {
    listing: `versions&encoding-type=url&prefix=${PREFIX}${marker}`,
    deletion: Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${named}<Quiet>true</Quiet></Delete>`,
    ),
  };
}
