import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { dropTornObjects } from '../../../local/dead-runs/torn-objects.ts';
import { startS3 } from '../../../local/s3/endpoint.ts';
import { filesUnder, s3ClientOf, temporaryFolder } from '../fixtures.ts';

const dir = temporaryFolder();
let stores = 0;

/** An endpoint's folder with the objects `a` and `b`, and an upload that is under way. */
async function stored(): Promise<string> {
  const folder = join(dir, `s${stores++}`);
  const endpoint = await startS3({ folder });
  endpoint.createBucket('runs');
  const s3 = s3ClientOf(endpoint.endpoint);
  for (const Key of ['a', 'b']) await s3.send(new PutObjectCommand({ Bucket: 'runs', Key, Body: `this is ${Key}` }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket: 'runs', Key: 'c' }));
  s3.destroy();
  await endpoint.stop();
  return folder;
}

async function keysIn(folder: string): Promise<(string | undefined)[]> {
  const endpoint = await startS3({ folder });
  const s3 = s3ClientOf(endpoint.endpoint);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'runs' }));
  s3.destroy();
  await endpoint.stop();
  return Contents.map(({ Key }) => Key);
}

const OBJECTS = 'buckets/runs/objects';

it.each<[string, (folder: string) => void]>([
  ['before what is known of it was written', (folder) => rmSync(join(folder, OBJECTS, 'a.meta.json'))],
  ['while that was written', (folder) => truncateSync(join(folder, OBJECTS, 'a.meta.json'), 10)],
  ['when that was begun', (folder) => writeFileSync(join(folder, OBJECTS, 'a.meta.json'), '')],
  ['while its data was replaced', (folder) => truncateSync(join(folder, OBJECTS, 'a.data'), 3)],
  ['between the two that are deleted', (folder) => rmSync(join(folder, OBJECTS, 'a.data'))],
])('an object whose process died %s was never stored, and the others are whole', async (_, tear) => {
  const folder = await stored();
  tear(folder);
  dropTornObjects(folder);
  expect(await keysIn(folder)).toEqual(['b']);
  expect(filesUnder(join(folder, OBJECTS))).toEqual(['b.data', 'b.meta.json']);
  expect(readFileSync(join(folder, OBJECTS, 'b.data'), 'utf8')).toBe('this is b');
});

it('a bucket or an upload of which nothing is known any more does not keep the endpoint from its start', async () => {
  const folder = await stored();
  for (const file of filesUnder(folder).filter((name) => /\.(bucket|upload)\.json$/.test(name)))
    writeFileSync(join(folder, file), '{"na');
  dropTornObjects(folder);
  expect(await keysIn(folder)).toEqual(['a', 'b']);
  expect(filesUnder(join(folder, '_multipart'))).toEqual([]);
});

it('what is whole stays as it is', async () => {
  const folder = await stored();
  const before = filesUnder(folder);
  dropTornObjects(folder);
  expect(filesUnder(folder)).toEqual(before);
  dropTornObjects(join(dir, 'nowhere'));
  expect(existsSync(join(dir, 'nowhere'))).toBe(false);
});
