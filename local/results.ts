import { createWriteStream, mkdirSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { ResultFile } from '../history/events.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { clientOf } from './s3/endpoint.ts';

/** Copies a run's durable outputs out of the S3 endpoint, to where their reader would look for files. */
export async function exportResults(
  result: RunResult,
  endpoint: string,
  bucket: string,
  folder: string,
): Promise<ResultFile[]> {
  const s3 = clientOf(endpoint);
  const files: ResultFile[] = [];
  for (const [task, { outputs = {} }] of Object.entries({ ...result.tasks, ...result.hooks })) {
    for (const [output, { resultKey, bytes, rows }] of Object.entries(outputs)) {
      if (!resultKey) continue;
      if (!resultKey.endsWith('/')) {
        const path = join(folder, task, basename(resultKey));
        await download(s3, bucket, resultKey, path);
        files.push({ task, output, path, bytes, ...(rows !== undefined && { rows }) });
        continue;
      }
      // Of a chunk-parallel task: a folder with a file for each chunk.
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: resultKey })) {
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          const path = join(folder, task, output, basename(Key));
          await download(s3, bucket, Key, path);
          files.push({ task, output, chunk: parse(Key).name, path, bytes: Size });
        }
      }
    }
  }
  s3.destroy();
  return files;
}

async function download(s3: S3Client, Bucket: string, Key: string, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  await pipe(Body as Readable, createWriteStream(path));
}
