/** Endpoints that answer wrongly, late, or not at all, while a prefix is emptied. */

import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyPrefix } from '../../../lambdas/cleanup/empty-prefix.ts';
import {
  BUCKETS,
  intercept,
  interceptRequests,
  loseFirstAnswer,
  type S3Fixture,
  s3Error,
  startS3Fixture,
} from '../s3-fixture.ts';
import { deleteAllBut } from './refusals.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => {
  vi.restoreAllMocks();
  fixture.refuse();
});

let number = 0;
/** A run of its own, with so many objects. */
async function filled(count: number) {
  const id = { pipeline: 'faults', run: `run-${++number}` };
  const prefix = `runs/faults/${id.run}/`;
  const keys = Array.from(
    { length: count },
    (_, index) => `${prefix}t/1-aaaaaaaa/part-${String(index).padStart(5, '0')}`,
  );
  await fixture.putAll(keys);
  const client = fixture.newClient();
  const empty = (hasTime = () => true) => emptyPrefix(client, BUCKETS.runs, id, hasTime);
  return { prefix, keys, client, empty, left: () => fixture.keys(prefix) };
}

const SLOW_DOWN = { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' };

describe('S3 is overloaded', () => {
  it('half of each batch answered with SlowDown goes at the second try, in the same pass', async () => {
    const { client, empty, left } = await filled(3_000);
    let calls = 0;
    intercept(client, 'DeleteObjectsCommand', (input, send) => {
      calls += 1;
      return input.Delete.Objects.length > 500 ? deleteAllBut(/[02468]$/, input, send, 'SlowDown') : send();
    });
    expect(await empty()).toMatchObject({ objects: 3_000, left: 0, refusals: [] });
    expect(calls).toBe(6);
    expect(await left()).toEqual([]);
  });

  it.each(['InternalError', 'ServiceUnavailable', 'OperationAborted'])(
    '%s in `Errors` is tried again',
    async (code) => {
      const { client, empty } = await filled(4);
      intercept(client, 'DeleteObjectsCommand', (input, send, call) =>
        call <= 3 ? deleteAllBut(/0$/, input, send, code) : send(),
      );
      expect(await empty()).toMatchObject({ objects: 4, left: 0, refusals: [] });
    },
  );

  it('every other request answered with 503 is only slower', async () => {
    const { empty, left } = await filled(2_500);
    let calls = 0;
    fixture.refuse(() => (++calls % 2 === 1 ? SLOW_DOWN : undefined));
    const emptied = await empty();
    fixture.refuse();
    expect(emptied).toMatchObject({ objects: 2_500, left: 0 });
    expect(emptied.requests).toBe(calls);
    expect(await left()).toEqual([]);
  });

  it('503 until time is over is handed over, and gone on with', async () => {
    const { empty, left } = await filled(1_500);
    fixture.refuse(({ method }) => (method === 'POST' ? SLOW_DOWN : undefined));
    let asked = 0;
    expect(await empty(() => ++asked <= 2)).toMatchObject({ objects: 0, outOfTime: true });
    fixture.refuse();
    expect(await empty()).toMatchObject({ objects: 1_500, left: 0, outOfTime: false });
    expect(await left()).toEqual([]);
  });

  it('503 for ever ends, as an error', async () => {
    const { empty } = await filled(1);
    fixture.refuse(() => SLOW_DOWN);
    await expect(empty()).rejects.toMatchObject({ name: 'SlowDown' });
  });
});

describe('S3 refuses', () => {
  it('AccessDenied on one key is asked once a pass, reported, and costs no other key', async () => {
    const { client, empty, left, keys } = await filled(1_200);
    const asked: number[] = [];
    intercept(client, 'DeleteObjectsCommand', (input, send) => {
      asked.push(input.Delete.Objects.length);
      return deleteAllBut(/part-00007$/, input, send);
    });
    expect(await empty()).toMatchObject({
      objects: 1_199,
      left: 1,
      outOfTime: false,
      refusals: ['AccessDenied: not this one'],
    });
    expect(asked.sort()).toEqual([1, 1_000, 200]);
    expect(await left()).toEqual([keys[7]]);
  });
});

it('a page that is refused while another one goes ends nothing', async () => {
  const { client, empty, left } = await filled(2_000);
  const refusing = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  intercept(client, 'DeleteObjectsCommand', async (input, send, call) => {
    if (call > 2) return send();
    if (call === 1) {
      const answer = await send();
      await refusing.promise;
      setImmediate(gone.resolve);
      return answer;
    }
    refusing.resolve();
    await gone.promise;
    return deleteAllBut(/./, input, send);
  });
  expect(await empty()).toMatchObject({ objects: 2_000, left: 0 });
  expect(await left()).toEqual([]);
});

describe('the listing changes underfoot', () => {
  it('objects added while others are deleted go too', async () => {
    const { client, empty, left, prefix } = await filled(1_500);
    intercept(client, 'DeleteObjectsCommand', async (_, send, call) => {
      if (call <= 3) await fixture.putAll([`${prefix}a/late-${call}`, `${prefix}z/late-${call}`]);
      return send();
    });
    expect(await empty()).toMatchObject({ objects: 1_506, left: 0 });
    expect(await left()).toEqual([]);
  });

  it('an object added after the last listing of versions is found by readers’ listing', async () => {
    const { client, empty, left, prefix } = await filled(3);
    intercept(client, 'ListObjectsV2Command', async (_, send, call) => {
      if (call === 1) await fixture.put(`${prefix}late`);
      return send();
    });
    expect(await empty()).toMatchObject({ objects: 4, left: 0 });
    expect(await left()).toEqual([]);
  });

  it('an upload completed after the last listing of versions leaves nothing', async () => {
    const { client, empty, left, prefix } = await filled(1);
    const target = { Bucket: BUCKETS.runs, Key: `${prefix}upload` };
    const { UploadId } = await fixture.s3.send(new CreateMultipartUploadCommand(target));
    const { ETag } = await fixture.s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'part' }));
    intercept(client, 'ListMultipartUploadsCommand', async (_, send, call) => {
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      if (call === 1)
        await fixture.s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
      return send();
    });
    expect(await empty()).toMatchObject({ objects: 2, left: 0 });
    expect(await left()).toEqual([]);
  });

  it('a page that an endpoint leaves out is found by the next pass', async () => {
    const { client, empty, left } = await filled(2_500);
    intercept(client, 'ListObjectVersionsCommand', async (input, send, call) =>
      call === 2 ? send({ ...input, KeyMarker: `${input.KeyMarker.slice(0, -5)}01999` }) : send(),
    );
    expect(await empty()).toMatchObject({ objects: 2_500, left: 0 });
    expect(await left()).toEqual([]);
  });
});

describe('answers are lost', () => {
  it.each(['ListObjectVersionsCommand', 'ListMultipartUploadsCommand', 'ListObjectsV2Command', 'DeleteObjectsCommand'])(
    'of %s: it is sent again',
    async (command) => {
      const { client, empty, left } = await filled(1_100);
      interceptRequests(client, command, loseFirstAnswer);
      expect(await empty()).toMatchObject({ objects: 1_100, left: 0 });
      expect(await left()).toEqual([]);
    },
  );
});

describe('an endpoint that is not quite S3', () => {
  it('answers ListObjectVersions with nothing: objects are deleted by readers’ listing', async () => {
    const { client, empty, left } = await filled(1_100);
    intercept(client, 'ListObjectVersionsCommand', async () => ({}));
    expect(await empty()).toMatchObject({ objects: 1_100, left: 0 });
    expect(await left()).toEqual([]);
  });

  it.each(['ListObjectVersionsCommand', 'ListMultipartUploadsCommand', 'ListObjectsV2Command'])(
    'ignores the prefix in %s: an error, and nothing of others is touched',
    async (command) => {
      const { client, empty } = await filled(1);
      await fixture.put('runs/faults/other/x');
      const begun = { Bucket: BUCKETS.runs, Key: 'runs/faults/other/upload' };
      await fixture.s3.send(new CreateMultipartUploadCommand(begun));
      intercept(client, command, (input, send) => send({ ...input, Prefix: 'runs/faults/' }));
      await expect(empty()).rejects.toMatchObject({ name: 'ForeignKey' });
      expect(await fixture.keys('runs/faults/other/')).toEqual(['runs/faults/other/x']);
    },
  );

  it('answers every page with the first: ends, and says what is left', async () => {
    const { client, empty } = await filled(1_100);
    intercept(client, 'ListObjectVersionsCommand', ({ KeyMarker: _, ...input }, send) => send(input));
    intercept(client, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/./, input, send));
    expect(await empty()).toMatchObject({ objects: 0, outOfTime: false, refusals: ['AccessDenied: not this one'] });
  });

  it('shows an object that no listing of versions knows, and that cannot be deleted: ends', async () => {
    const { client, empty, prefix } = await filled(1);
    intercept(client, 'ListObjectsV2Command', async () => ({ Contents: [{ Key: `${prefix}phantom`, Size: 1 }] }));
    expect(await empty()).toMatchObject({ left: 1, outOfTime: false });
  });

  it('fails with 403 on readers’ listing: an error, not a proof', async () => {
    const { client, empty } = await filled(1);
    intercept(client, 'ListObjectsV2Command', () => Promise.reject(s3Error('AccessDenied', 403)));
    await expect(empty()).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
