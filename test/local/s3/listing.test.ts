import { DeleteObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKETS, type S3Fixture, startS3Fixture } from '../../lambdas/s3-fixture.ts';

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

it.each([1, 2, 3, 5, 7, 1_000])(
  'in pages of %i every version comes once, in order: the `null` one of each object',
  async (pageSize) => {
    const pages: string[][] = [];
    let marker: string | undefined;
    do {
      const page = await fixture.s3.send(
        new ListObjectVersionsCommand({ Bucket: BUCKETS.runs, Prefix: 'p/', MaxKeys: pageSize, KeyMarker: marker }),
      );
      for (const version of page.Versions ?? []) {
        expect(version).toMatchObject({ VersionId: 'null', IsLatest: true, Size: 1 });
      }
      pages.push((page.Versions ?? []).map(({ Key = '' }) => Key));
      marker = page.NextKeyMarker;
      expect(page.IsTruncated).toBe(marker !== undefined);
    } while (marker !== undefined);
    expect(pages.flat()).toEqual(keys.toSorted());
    expect(pages.slice(0, -1).every((page) => page.length === pageSize)).toBe(true);
  },
);

it('keys are encoded as forms are where that is asked for, and the answer says so', async () => {
  await fixture.put('odd/a b+c%/(ü)\n');
  const asked = { Bucket: BUCKETS.runs, Prefix: 'odd/', EncodingType: 'url' } as const;
  const encoded = { EncodingType: 'url', Prefix: 'odd/' };
  const Key = 'odd/a+b%2Bc%25/%28%C3%BC%29%0A';
  const { Versions, ...versions } = await fixture.s3.send(new ListObjectVersionsCommand(asked));
  expect(versions).toMatchObject(encoded);
  expect(Versions).toMatchObject([{ Key }]);
  const { Contents, ...objects } = await fixture.s3.send(new ListObjectsV2Command(asked));
  expect(objects).toMatchObject(encoded);
  expect(Contents).toMatchObject([{ Key }]);
});

it('a listing goes on where it was while objects come and go', async () => {
  const many = Array.from({ length: 30 }, (_, index) => `busy/${String(index).padStart(2, '0')}`);
  await fixture.putAll(many);
  const list = async (StartAfter?: string) => {
    const asked = { Bucket: BUCKETS.runs, Prefix: 'busy/', MaxKeys: 10, ...(StartAfter && { StartAfter }) };
    const { Contents = [] } = await fixture.s3.send(new ListObjectsV2Command(asked));
    return Contents.map(({ Key = '' }) => Key);
  };
  expect(await list()).toEqual(many.slice(0, 10));
  await Promise.all(
    many.slice(5, 15).map((Key) => fixture.s3.send(new DeleteObjectCommand({ Bucket: BUCKETS.runs, Key }))),
  );
  await fixture.putAll(['busy/09-new', 'busy/20-new', 'busy/07']);
  expect(await list(many[9])).toEqual(['busy/09-new', ...many.slice(15, 21), 'busy/20-new', ...many.slice(21, 23)]);
  expect(await list()).toEqual([...many.slice(0, 5), 'busy/07', 'busy/09-new', ...many.slice(15, 18)]);
});
