/** Runs as they lie in the bucket when the cleanup begins, and as the state machine noted them. */

import { type CleanupSurroundings, cleanUp } from '../../../lambdas/cleanup/cleanup.ts';
import type {
  CleanupAnswer,
  CleanupEvent,
  NotesAnswer,
  SweepAnswer,
  TaskRetries,
} from '../../../state-machines/contract/cleanup-events.ts';
import {
  attemptMarkerKey,
  commitRecordKey,
  holderKey,
  leaseKey,
  outputKey,
  type TaskId,
} from '../../../state-machines/contract/keys.ts';
import type { TaskOut } from '../../../state-machines/contract/marks.ts';
import type {
  AttemptMarker,
  CommitRecord,
  HolderRecord,
  LeaseRecord,
} from '../../../state-machines/contract/records.ts';
import type { RunResult } from '../../../state-machines/contract/result.ts';
import { BUCKETS, type S3Fixture } from '../s3-fixture.ts';

export const PIPELINE = 'flights';
export const STARTED_AT = '2026-01-02T03:04:05.000Z';
export const SHAPE = 'shape';
export const SUCCEEDED: TaskOut = { status: 'SUCCEEDED' };

export const at = (seconds: number) => new Date(Date.parse(STARTED_AT) + seconds * 1000).toISOString();

/** Tasks as the event names them. */
export const tasksOf = (names: readonly string[], retries = 0): TaskRetries[] =>
  names.map((name) => ({ name, retries }));

type SomeEvent = Partial<CleanupEvent> & Pick<CleanupEvent, 'tasks' | 'state'>;

/** Objects of one run, put where a task would put them. */
export class RunFolder {
  readonly pipeline = PIPELINE;
  readonly run: string;
  readonly #fixture: S3Fixture;

  constructor(fixture: S3Fixture, run: string) {
    this.run = run;
    this.#fixture = fixture;
  }

  async marker(task: string, attemptId: string, marker: Partial<AttemptMarker> = {}): Promise<void> {
    const body: AttemptMarker = { version: 1, startedAt: STARTED_AT, requestId: 'request', ...marker };
    await this.#fixture.put(attemptMarkerKey(this.#id(task), attemptId), JSON.stringify(body));
  }

  /** A marker, an output `out` of 5 bytes, and the record that commits it. */
  async commit(task: string, record: Partial<CommitRecord> = {}): Promise<void> {
    const attemptId = record.attemptId ?? '1-aaaaaaaa';
    const key = outputKey(this.#id(task), attemptId, 'out');
    await this.marker(task, attemptId);
    await this.#fixture.put(key, 'hello');
    const whole: CommitRecord = {
      version: 1,
      attemptId,
      attempt: 1,
      retriesUsed: 0,
      startedAt: at(1),
      durationMs: 250,
      bytesIn: 3,
      outputs: { out: { key, bytes: 5 } },
      ...record,
    };
    await this.record(task, JSON.stringify(whole));
  }

  async lease(lease: Partial<LeaseRecord> = {}): Promise<void> {
    const usual = { until: at(1e9), keptAt: at(100), execution: this.run, holder: 0, shape: SHAPE };
    await this.#fixture.put(leaseKey(this), JSON.stringify({ version: 1, ...usual, ...lease }));
  }

  async holder(number: number, by: HolderRecord['by']): Promise<void> {
    await this.#fixture.put(holderKey(this, number), JSON.stringify({ version: 1, by, at: at(200) }));
  }

  /** A record that the run's own execution or another wrote. */
  async read<T>(key: string): Promise<T> {
    return JSON.parse(await this.#fixture.text(key));
  }

  record(task: string, text: string): Promise<void> {
    return this.#fixture.put(commitRecordKey(this.#id(task)), text);
  }

  keys(): Promise<string[]> {
    return this.#fixture.keys(`runs/${PIPELINE}/${this.run}/`);
  }

  async cleanUp(event: SomeEvent, surroundings: Partial<CleanupSurroundings> = {}): Promise<CleanupAnswer> {
    return (await this.#call(event, surroundings)) as CleanupAnswer;
  }

  /** The notes that its records tell. */
  async notes(event: SomeEvent): Promise<NotesAnswer> {
    return (await this.#call({ ...event, notesOnly: true })) as NotesAnswer;
  }

  async sweep(execution = this.run, surroundings: Partial<CleanupSurroundings> = {}): Promise<SweepAnswer> {
    const event = { run: this.run, execution, input: {}, sweep: true } as const;
    return (await cleanUp(event, { ...this.#surroundings(), ...surroundings })) as SweepAnswer;
  }

  #surroundings(): CleanupSurroundings {
    return {
      pipeline: PIPELINE,
      s3: this.#fixture.s3,
      runsBucket: BUCKETS.runs,
      resultsBucket: BUCKETS.results,
      hasTime: () => true,
    };
  }

  #call(event: SomeEvent, surroundings: Partial<CleanupSurroundings> = {}) {
    return cleanUp(
      { run: this.run, execution: this.run, shape: SHAPE, input: {}, startedAt: STARTED_AT, ...event },
      { ...this.#surroundings(), ...surroundings },
    );
  }

  /** @param path a task, `task/chunk`, or `hook@execution` */
  #id(path: string): TaskId {
    const [, task = '', chunk, execution] = /^([^/@]*)(?:\/(.*))?(?:@(.*))?$/.exec(path) ?? [];
    if (execution !== undefined) return { pipeline: PIPELINE, run: this.run, task, execution };
    return { pipeline: PIPELINE, run: this.run, task, ...(chunk !== undefined && { chunk }) };
  }
}

/** What Step Functions catches from a Lambda that threw. */
export function lambdaError(name: string, message: string): TaskOut {
  return { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message, trace: ['at x'] }) };
}

/** The result in an answer, however it is told. */
export function resultOf(answer: CleanupAnswer): RunResult {
  return 'result' in answer ? answer.result : JSON.parse(answer.cause);
}
