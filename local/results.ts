import { createWriteStream, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { RunResult } from '../state-machines/contract/result.ts';
import type { ResultFile } from './progress.ts';
import { clientOf } from './s3.ts';

/** Copies a run's durable outputs out of the S3 endpoint, to where their reader would look for files. */
export async function exportResults(
  result: RunResult,
  endpoint: string,
  bucket: string,
  folder: string,
): Promise<ResultFile[]> {
  const s3 = clientOf(endpoint);
  const files: ResultFile[] = [];
  for (const [task, { outputs = {} }] of Object.entries(result.tasks)) {
    for (const [output, { resultKey, bytes, rows }] of Object.entries(outputs)) {
      if (!resultKey) continue;
      const path = join(folder, task, basename(resultKey));
      mkdirSync(join(folder, task), { recursive: true });
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: resultKey }));
      await pipe(Body as Readable, createWriteStream(path));
      files.push({ task, output, path, bytes, ...(rows !== undefined && { rows }) });
    }
  }
  s3.destroy();
  return files;
}
