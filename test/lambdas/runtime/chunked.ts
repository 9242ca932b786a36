/** A chunk-parallel task on the embedded S3: `split → work → merge`, its chunks carried out as a test wants. */

import type { S3Client } from '@aws-sdk/client-s3';
import type { CommitRecord } from '../../../state-machines/contract/records.ts';
import type { TaskAnswer } from '../../../state-machines/contract/task-events.ts';
import type { Plan } from '../../../state-machines/index.ts';
import type { S3Fixture } from '../s3-fixture.ts';
import { type AnyContext, type AttemptOptions, attempt } from './attempts.ts';

type Handler = (context: AnyContext) => unknown;

export class ChunkedRun {
  readonly run: string;
  readonly #plan: Plan;
  readonly #fixture: S3Fixture;

  constructor(plan: Plan, fixture: S3Fixture, run: string) {
    this.#plan = plan;
    this.#fixture = fixture;
    this.run = run;
  }

  attempt(task: string, handler: Handler, options: AttemptOptions = {}, s3?: S3Client): Promise<TaskAnswer> {
    return attempt(this.#plan, s3 ?? this.#fixture.s3, handler, { task, run: this.run, ...options });
  }

  split(...chunks: readonly (string | { readonly id: string })[]): Promise<TaskAnswer> {
    const list = chunks.map((chunk) => (typeof chunk === 'string' ? { id: chunk } : chunk));
    return this.attempt('split', ({ outputs }) => outputs.list.write(list));
  }

  /** One invocation for these chunks. */
  work(chunks: readonly string[], handler: Handler, options: AttemptOptions = {}, s3?: S3Client): Promise<TaskAnswer> {
    return this.attempt('work', handler, { ...options, event: { chunks } }, s3);
  }

  gather(options: AttemptOptions = {}, s3?: S3Client): Promise<TaskAnswer> {
    const never = () => Promise.reject(new Error('gathering calls no handler'));
    return this.attempt('work', never, { ...options, event: { gather: true } }, s3);
  }

  async record(path: string): Promise<CommitRecord> {
    return JSON.parse(await this.#fixture.text(`runs/pipe/${this.run}/${path}/_committed.json`));
  }

  /** What lies in the task's folder, without the markers. */
  async stored(path = 'work'): Promise<string[]> {
    const prefix = `runs/pipe/${this.run}/${path}/`;
    const keys = await this.#fixture.keys(prefix);
    return keys.filter((key) => !key.endsWith('_attempt.json')).map((key) => key.slice(prefix.length));
  }
}

/** Fails with an error of this name. */
export function failing(name: string, message = 'no room'): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(message), { name }));
}
