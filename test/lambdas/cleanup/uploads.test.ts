import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyPrefix } from '../../../lambdas/cleanup/empty-prefix.ts';
import type { RunId } from '../../../state-machines/contract/keys.ts';
import { BUCKETS, intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { deleteAllBut } from './refusals.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

const empty = (id: RunId, client = fixture.s3) => emptyPrefix(client, BUCKETS.runs, id, () => true);

describe('unfinished multipart uploads', () => {
  const begin = async (key: string) => {
    const target = { Bucket: BUCKETS.runs, Key: key };
    const { UploadId } = await fixture.s3.send(new CreateMultipartUploadCommand(target));
    const part = { ...target, UploadId, PartNumber: 1 };
    const { ETag } = await fixture.s3.send(new UploadPartCommand({ ...part, Body: 'part' }));
    const complete = () =>
      fixture.s3.send(
        new CompleteMultipartUploadCommand({
          ...target,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
        }),
      );
    return { ...target, UploadId, complete };
  };
  const uploads = async () => {
    const { Uploads = [] } = await fixture.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKETS.runs }));
    return Uploads.map(({ Key = '' }) => Key).sort();
  };

  it('a run’s are aborted, others’ are not', async () => {
    const others = ['runs/up/run-10/t/x', 'runs/up/run-2/t/x', 'runs/up2/run-1/t/x'];
    const started = await Promise.all(
      ['runs/up/run-1/t/x', 'runs/up/run-1/t/x', 'runs/up/run-1/u/y', ...others].map(begin),
    );
    expect(await uploads()).toHaveLength(6);
    expect(await empty({ pipeline: 'up', run: 'run-1' })).toMatchObject({ objects: 0, left: 0 });
    expect(await uploads()).toEqual(others);
    for (const { Bucket, Key, UploadId } of started.slice(3)) {
      await fixture.s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
  });

  it('one that is completed before its listing leaves no object behind an answer of 0 left', async () => {
    const upload = await begin('runs/up/completed/t/x');
    const client = fixture.newClient();
    intercept(client, 'ListMultipartUploadsCommand', async (_, send, call) => {
      if (call === 1) await upload.complete();
      return send();
    });
    expect(await empty({ pipeline: 'up', run: 'completed' }, client)).toMatchObject({ left: 0, outOfTime: false });
    expect(await fixture.keys('runs/up/completed/')).toEqual([]);
  });

  it('one that is completed between its listing and its abort is no error and leaves nothing', async () => {
    const upload = await begin('runs/up/raced/t/x');
    const client = fixture.newClient();
    intercept(client, 'AbortMultipartUploadCommand', async (_, send, call) => {
      if (call === 1) await upload.complete();
      return send();
    });
    expect(await empty({ pipeline: 'up', run: 'raced' }, client)).toMatchObject({ left: 0, outOfTime: false });
    expect(await fixture.keys('runs/up/raced/')).toEqual([]);
  });

  it('they are aborted also where an object cannot be deleted', async () => {
    await begin('runs/up/refused/t/x');
    await fixture.put('runs/up/refused/t/part-00003');
    const client = fixture.newClient();
    intercept(client, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/part-00003$/, input, send));
    expect(await empty({ pipeline: 'up', run: 'refused' }, client)).toMatchObject({ left: 1 });
    expect(await uploads()).toEqual([]);
  });
});
