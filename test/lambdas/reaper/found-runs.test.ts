import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundRuns, isYoungerThan } from '../../../lambdas/reaper/found-runs.ts';
import { BUCKETS, intercept, type S3Fixture, s3Error, startS3Fixture } from '../s3-fixture.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

async function found(pipeline: string, s3 = fixture.s3): Promise<string[]> {
  const all = await Array.fromAsync(foundRuns(s3, BUCKETS.runs, pipeline));
  return all.map((one) => ('run' in one ? one.run.run : `foreign: ${one.foreign}`));
}

describe('runs are found', () => {
  it('by their folders, in one request for a thousand of them however much they hold', async () => {
    await fixture.putAll(['a/x', 'a/y/z', 'b/_lease.json', 'c-1/x'].map((key) => `runs/found/${key}`));
    await fixture.putAll(['runs/found-2/d/x', 'runs/foun/e/x', 'results/found/f/x']);
    const s3 = fixture.newClient();
    let requests = 0;
    intercept(s3, 'ListObjectsV2Command', (_, send) => {
      requests += 1;
      return send();
    });
    expect(await found('found', s3)).toEqual(['a', 'b', 'c-1']);
    expect(requests).toBe(1);
  });

  it('by unfinished uploads and by versions, on all pages, each run once', async () => {
    await fixture.put('runs/hidden/objects/x');
    const s3 = fixture.newClient();
    // The embedded endpoint answers both with nothing.
    const asked: unknown[] = [];
    intercept(s3, 'ListMultipartUploadsCommand', async (input, _, call) => {
      asked.push(input);
      return call === 1
        ? {
            CommonPrefixes: [{ Prefix: 'runs/hidden/upload-1/' }],
            IsTruncated: true,
            NextKeyMarker: 'k',
            NextUploadIdMarker: 'u',
          }
        : {
            CommonPrefixes: [{ Prefix: 'runs/hidden/objects/' }],
            Uploads: [{ Key: 'runs/hidden/stray' }],
            IsTruncated: false,
          };
    });
    intercept(s3, 'ListObjectVersionsCommand', async (input, _, call) => {
      asked.push(input);
      return call === 1
        ? {
            CommonPrefixes: [{ Prefix: 'runs/hidden/version-1/' }],
            IsTruncated: true,
            NextKeyMarker: 'k',
            NextVersionIdMarker: 'v',
          }
        : {
            CommonPrefixes: [{ Prefix: 'runs/hidden/upload-1/' }],
            DeleteMarkers: [{ Key: 'runs/hidden/gone' }],
            IsTruncated: false,
          };
    });
    expect(await found('hidden', s3)).toEqual([
      'objects',
      'upload-1',
      'foreign: runs/hidden/stray',
      'version-1',
      'foreign: runs/hidden/gone',
    ]);
    const all = { Bucket: BUCKETS.runs, Prefix: 'runs/hidden/', Delimiter: '/' };
    expect(asked).toEqual([
      all,
      { ...all, KeyMarker: 'k', UploadIdMarker: 'u' },
      all,
      { ...all, KeyMarker: 'k', VersionIdMarker: 'v' },
    ]);
  });

  it.each(['', '..', 'a/b', 'runs', '*'])('of the pipeline %j alone, or not at all', async (pipeline) => {
    if (pipeline === 'runs') expect(await found(pipeline)).toEqual([]);
    else await expect(found(pipeline)).rejects.toMatchObject({ code: 'InvalidName' });
  });

  it('or it is an error', async () => {
    for (const command of ['ListObjectsV2Command', 'ListMultipartUploadsCommand', 'ListObjectVersionsCommand']) {
      const s3 = fixture.newClient();
      intercept(s3, command, () => Promise.reject(s3Error('AccessDenied', 403)));
      await expect(found('denied', s3)).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });
});

describe('a run is younger than a time', () => {
  const id = (run: string) => ({ pipeline: 'young', run });

  it('where all that it holds is', async () => {
    await fixture.putAll(['runs/young/run-1/a', 'runs/young/run-1/b']);
    expect(await isYoungerThan(fixture.s3, BUCKETS.runs, id('run-1'), Date.now() - 60_000)).toBe(true);
    expect(await isYoungerThan(fixture.s3, BUCKETS.runs, id('run-1'), Date.now() + 60_000)).toBe(false);
  });

  it('not where it holds nothing', async () => {
    expect(await isYoungerThan(fixture.s3, BUCKETS.runs, id('run-2'), Date.now() - 60_000)).toBe(false);
  });
});
