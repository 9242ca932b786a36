/** Fresh processes, one after the other, in turns. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/s3/endpoint.ts';
import type { Compared, Subject } from './subjects.ts';

/** Of one process, in milliseconds. */
export interface Sample {
  readonly importMs: number;
  readonly importCpuMs: number;
  /** From its start to its end. */
  readonly processMs: number;
  readonly processCpuMs: number;
}

export type Samples<T> = Map<Subject, T[]>;

const PROBE = join(import.meta.dirname, 'probe.mjs');
const execute = promisify(execFile);

/** In each round a process for each; those of one task follow each other, in an order that changes. The first round warms up. */
export async function sampleImports(all: readonly Compared[], rounds: number): Promise<Samples<Sample>> {
  const samples: Samples<Sample> = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const { subjects } of all) {
      for (const subject of rotated(subjects, round)) {
        const start = performance.now();
        const figures = await run<Omit<Sample, 'processMs'>>(subject);
        const sample = { ...figures, processMs: performance.now() - start };
        if (round > 0) add(samples, subject, sample);
      }
    }
  }
  return samples;
}

/** @returns milliseconds from the invocation to the first answer of S3 */
export async function sampleFirstAnswers(
  all: readonly Compared[],
  rounds: number,
  endpoint: string,
): Promise<Samples<number>> {
  const samples: Samples<number> = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const { subjects } of all) {
      for (const subject of rotated(subjects, round)) {
        if (subject.kind === 'empty') continue;
        add(samples, subject, (await run<{ firstAnswerMs: number }>(subject, endpoint)).firstAnswerMs);
      }
    }
  }
  return samples;
}

async function run<Figures>({ url, environment, event }: Subject, endpoint?: string): Promise<Figures> {
  const args = endpoint ? [PROBE, url, JSON.stringify(event)] : [PROBE, url];
  const env = {
    ...environment,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    NODE_DISABLE_COMPILE_CACHE: '1',
    ...(endpoint && { AWS_ENDPOINT_URL: endpoint }),
  };
  const { stdout } = await execute(process.execPath, args, { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

function add<T>(samples: Samples<T>, subject: Subject, sample: T): void {
  const taken = samples.get(subject);
  if (taken) taken.push(sample);
  else samples.set(subject, [sample]);
}
