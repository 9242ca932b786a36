import { HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyLarge } from '../../../lambdas/runtime/copy-large.ts';
import { BUCKETS, intercept, type S3Fixture, s3Error, startS3Fixture } from '../s3-fixture.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

const from = { bucket: BUCKETS.runs, key: 'runs/flights/run-1/load/1-aaaaaaaa/table' };
const to = (name: string) => ({ bucket: BUCKETS.results, key: `results/flights/run-1/load/${name}.csv` });
/** S3 copies ranges only out of objects of more than 5 MiB, and takes parts, but for the last, of no less. */
const MIB = 1024 ** 2;
const uploads = async () => {
  const { Uploads = [] } = await fixture.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKETS.results }));
  return Uploads;
};

it.each([
  ['a last part that is shorter', 10 * MIB + 1, 3],
  ['parts of the same length', 10 * MIB, 2],
  ['a part and a half', 7 * MIB, 2],
])('an object copied in %s has the same bytes', async (_, bytes, parts) => {
  const body = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index += 4_099) body[index] = index % 251;
  await fixture.put(from.key, body);
  const client = fixture.newClient();
  let requests = 0;
  intercept(client, 'UploadPartCopyCommand', (__, send, call) => {
    requests = call;
    return send();
  });
  await copyLarge(client, from, to(`copy-${bytes}`), bytes, 5 * MIB);
  expect(requests).toBe(parts);
  const copied = await fetch(`${fixture.endpoint}/${BUCKETS.results}/${to(`copy-${bytes}`).key}`);
  expect(Buffer.from(await copied.arrayBuffer()).equals(body)).toBe(true);
  expect(await uploads()).toEqual([]);
});

it('a copy that fails half way is aborted, and says why it failed', async () => {
  await fixture.put(from.key, Buffer.alloc(6 * MIB));
  const client = fixture.newClient();
  intercept(client, 'UploadPartCopyCommand', (_, send, call) =>
    call === 2 ? Promise.reject(s3Error('AccessDenied', 403)) : send(),
  );
  await expect(copyLarge(client, from, to('half'), 6 * MIB, 5 * MIB)).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(await uploads()).toEqual([]);
  const head = new HeadObjectCommand({ Bucket: BUCKETS.results, Key: to('half').key });
  await expect(fixture.s3.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
});

it('that its upload cannot be aborted does not hide why the copy failed', async () => {
  await fixture.put(from.key, Buffer.alloc(6 * MIB));
  const client = fixture.newClient();
  intercept(client, 'CompleteMultipartUploadCommand', () => Promise.reject(s3Error('InternalError', 500)));
  intercept(client, 'AbortMultipartUploadCommand', () => Promise.reject(s3Error('AccessDenied', 403)));
  await expect(copyLarge(client, from, to('stuck'), 6 * MIB)).rejects.toMatchObject({ name: 'InternalError' });
});
