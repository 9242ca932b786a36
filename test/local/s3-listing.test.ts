import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKETS, type S3Fixture, startS3Fixture } from '../lambdas/s3-fixture.ts';

let fixture: S3Fixture;
// Their order by locale is another one than that of their bytes.
const folders = ['B', 'a', 'Z', 'c', '_x', '1', '1-a', '10'];
const keys = folders.flatMap((folder) => [`p/${folder}/_y`, `p/${folder}/1`, `p/${folder}/b`, `p/${folder}.txt`]);
beforeAll(async () => {
  fixture = await startS3Fixture();
  await fixture.putAll([...keys, 'q/other']);
});
afterAll(() => fixture.stop());

async function list(pageSize: number, delimiter?: string): Promise<string[][]> {
  const pages: string[][] = [];
  let token: string | undefined;
  do {
    const page = await fixture.s3.send(
      new ListObjectsV2Command({
        Bucket: BUCKETS.runs,
        Prefix: 'p/',
        MaxKeys: pageSize,
        Delimiter: delimiter,
        ContinuationToken: token,
      }),
    );
    const objects = (page.Contents ?? []).map(({ Key = '' }) => Key);
    pages.push([...objects, ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix)]);
    token = page.NextContinuationToken;
  } while (token);
  return pages;
}

it.each([1, 2, 3, 5, 7, 1_000])('in pages of %i every key comes once, in order', async (pageSize) => {
  const pages = await list(pageSize);
  expect(pages.flat()).toEqual(keys.toSorted());
  expect(pages.slice(0, -1).every((page) => page.length === pageSize)).toBe(true);
});

it.each([1, 2, 3, 5, 7, 1_000])('in pages of %i every folder comes once', async (pageSize) => {
  const pages = await list(pageSize, '/');
  const entries = folders.flatMap((folder) => [`p/${folder}/`, `p/${folder}.txt`]);
  expect(pages.flat().toSorted()).toEqual(entries.toSorted());
  expect(pages.every((page) => page.length <= pageSize)).toBe(true);
});
