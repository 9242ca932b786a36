import { RETRY_OUR_WORK, RETRY_TRANSIENT } from '../state-machines/compiler/machine/task-state.ts';
import {
  GATHER_ERROR,
  NON_RETRYABLE_ERROR,
  STOPPED_ERROR,
  TRANSIENT_ERRORS,
} from '../state-machines/contract/error-names.ts';
import type { FailureInfo, TaskResult } from '../state-machines/contract/result.ts';
import type { Plan, PlannedHook, PlannedTask } from '../state-machines/graph/plan.ts';
import type { AttemptOf, RunEventOf } from './events.ts';
import type { AttemptHistory, ChunkProgress, LiveStatus, TaskHistory } from './run-history.ts';

/** Errors of Step Functions' own that no Retry matches. */
const NEVER_RETRIED: readonly string[] = [NON_RETRYABLE_ERROR, 'States.DataLimitExceeded', 'States.Runtime'];

/** What its events tell of one task or hook. Takes an event, and tells how the task stands, without looking back at all. */
export class TaskBuilder {
  readonly name: string;
  readonly planned: PlannedTask | PlannedHook | undefined;
  readonly #attempts: AttemptHistory[] = [];
  /** A copy of them, until something changes. */
  #shown: readonly AttemptHistory[] | undefined;
  /** Those under way, by what they carry out, and their place among the attempts. */
  readonly #running = new Map<string, number>();
  readonly #chunkEnds = new Map<string, 'succeeded' | 'failed'>();
  readonly #chunks = { succeeded: 0, failed: 0, bytesIn: 0, bytesOut: 0 };
  #hook: TaskHistory['hook'];
  #map: { readonly total: number; readonly at: string } | undefined;
  #counted: Omit<RunEventOf<'chunks-counted'>, 'type' | 'at' | 'task'> | undefined;
  #retries = 0;
  /** As the last that succeeded told: of chunks their gathering. */
  #committedBefore: true | undefined;
  /** Since the last first attempt, by which Retry they count. */
  #failures = { own: 0, transient: 0 };
  #last: { readonly attempt: AttemptHistory; readonly index: number } | undefined;
  #lastEnd: string | undefined;
  #error: FailureInfo | undefined;
  #figures: Pick<TaskHistory, 'bytesIn' | 'bytesOut'> = {};
  /** Whatever was under way or to be tried again has been stopped. */
  #over = false;

  constructor(name: string, plan: Plan) {
    this.name = name;
    this.planned = plan.task(name) ?? plan.hook(name);
    this.#hook = plan.hook(name)?.hook;
  }

  /** Whether anything of it has been heard of. */
  get isKnown(): boolean {
    return this.#last !== undefined || this.#map !== undefined;
  }

  started(event: RunEventOf<'attempt-started'>): void {
    const { attempt, chunks, gather, at } = event;
    this.#hook ??= event.hook;
    this.#over = false;
    if (attempt > 1) this.#retries += 1;
    else if (!chunks) this.#failures = { own: 0, transient: 0 };
    const started: AttemptHistory = {
      attempt,
      ...(chunks && { chunks }),
      ...(gather && { gather }),
      status: 'RUNNING',
      startedAt: at,
    };
    const index = this.#attempts.push(started) - 1;
    this.#running.set(keyOf(event), index);
    this.#changed(index, started);
  }

  /** @returns by how many bytes the run holds more */
  succeeded(event: RunEventOf<'attempt-succeeded'>): number {
    const { bytesIn, bytesOut = 0, chunks, gather } = event;
    const counts = this.#end(event, {
      status: 'SUCCEEDED',
      endedAt: event.at,
      ...(bytesIn !== undefined && { bytesIn }),
      ...(event.bytesOut !== undefined && { bytesOut }),
    });
    this.#committedBefore = event.committedBefore;
    if (chunks) {
      this.#chunks.bytesIn += bytesIn ?? 0;
      this.#chunks.bytesOut += bytesOut;
      for (const chunk of counts ? chunks : []) this.#chunkEnded(chunk, 'succeeded');
      return bytesOut;
    }
    if (counts) {
      this.#figures = {
        ...(bytesIn !== undefined && { bytesIn }),
        ...(event.bytesOut !== undefined && { bytesOut }),
      };
    }
    // What is gathered are the chunks' own bytes, as far as they were told.
    return gather && event.bytesOut !== undefined ? bytesOut - this.#chunks.bytesOut : bytesOut;
  }

  failed(event: RunEventOf<'attempt-failed'>): void {
    const { error, place, chunks, at } = event;
    if (error.name === STOPPED_ERROR) {
      this.#end(event, { status: 'STOPPED', endedAt: at });
      return;
    }
    if (!this.#end(event, { status: 'FAILED', endedAt: at, error, ...(place !== undefined && { place }) })) return;
    this.#error = error;
    if (!chunks) this.#failures[TRANSIENT_ERRORS.includes(error.name) ? 'transient' : 'own'] += 1;
    for (const chunk of chunks ?? []) this.#chunkEnded(chunk, 'failed');
  }

  chunksStarted({ count, at }: RunEventOf<'chunks-started'>): void {
    this.#over = false;
    // On AWS, those of a Distributed Map are told to have started before it is known how many they are.
    this.#map = { total: count, at: this.#map?.at ?? at };
  }

  chunksCounted({ succeeded, failed, total, at }: RunEventOf<'chunks-counted'>): void {
    this.#map ??= { total: 0, at };
    this.#counted = { succeeded, failed, ...(total !== undefined && { total }) };
  }

  stopped(at: string): void {
    for (const index of this.#running.values()) {
      const attempt = this.#attempts[index];
      if (attempt) this.#changed(index, { ...attempt, status: 'STOPPED', endedAt: at });
    }
    this.#running.clear();
    this.#over = true;
  }

  /**
   * @param result once the run is over, and where there was room for it
   * @param otherwise of what has not begun
   */
  history(result: TaskResult | undefined, otherwise: LiveStatus): TaskHistory {
    const status = result?.status ?? this.#status(otherwise);
    const isOver = status === 'SUCCEEDED' || status === 'FAILED';
    const startedAt = this.#map?.at ?? this.#attempts[0]?.startedAt ?? result?.startedAt;
    const endedAt = isOver ? (this.#lastEnd ?? endIn(result)) : undefined;
    const error = status === 'SUCCEEDED' ? undefined : (result?.error ?? this.#error);
    const { bytesIn, bytesOut } = { ...this.#figuresSoFar(), ...figuresOf(result) };
    const chunks = this.#progress(result);
    this.#shown ??= [...this.#attempts];
    return {
      name: this.name,
      ...(this.#hook && { hook: this.#hook }),
      status,
      attempts: this.#shown,
      retriesUsed: result?.retriesUsed ?? this.#retries,
      ...(this.#committedBefore && status === 'SUCCEEDED' && { committedBefore: this.#committedBefore }),
      ...(startedAt !== undefined && { startedAt }),
      ...(endedAt !== undefined && { endedAt }),
      ...(bytesIn !== undefined && { bytesIn }),
      ...(bytesOut !== undefined && { bytesOut }),
      ...(chunks && { chunks }),
      ...(error && { error }),
    };
  }

  #status(otherwise: LiveStatus): LiveStatus {
    const last = this.#last?.attempt;
    // Another attempt of it may still be under way, which nobody waits for since it timed out.
    if (last?.status === 'SUCCEEDED' && !last.chunks) return 'SUCCEEDED';
    if (this.#running.size > 0) return 'RUNNING';
    // Chunks are over only when they have been gathered.
    if (last ? last.chunks : this.#map) return this.#over ? 'FAILED' : 'RUNNING';
    if (!last) return otherwise;
    return last.status === 'FAILED' && !this.#over && this.#isTriedAgain(last) ? 'RETRYING' : 'FAILED';
  }

  /** What the Retry of its state says, as far as it is known here; the next event may know better. */
  #isTriedAgain({ error, gather }: AttemptHistory): boolean {
    const { name = '' } = error ?? {};
    const { own, transient } = this.#failures;
    const isChunked = this.#map !== undefined || this.planned?.each !== undefined;
    // A Map is never tried again: its chunks are.
    if (isChunked && !gather) return false;
    if (TRANSIENT_ERRORS.includes(name)) return transient <= (RETRY_TRANSIENT.MaxAttempts ?? 0);
    if (NEVER_RETRIED.includes(name)) return false;
    if (gather) return name !== GATHER_ERROR && own <= (RETRY_OUR_WORK.MaxAttempts ?? 0);
    return own <= (this.planned?.retries ?? 0);
  }

  #progress(result: TaskResult | undefined): ChunkProgress | undefined {
    if (result?.chunks) {
      const { total, succeeded, failed } = result.chunks;
      return { total, succeeded, failed };
    }
    if (!this.#map) return undefined;
    const { succeeded, failed } = this.#counted ?? this.#chunks;
    const total = this.#counted?.total ?? this.#map.total;
    return { total: Math.max(total, succeeded + failed), succeeded, failed };
  }

  #figuresSoFar(): Pick<TaskHistory, 'bytesIn' | 'bytesOut'> {
    const { succeeded, bytesIn, bytesOut } = this.#chunks;
    return { ...(succeeded > 0 && { bytesIn, bytesOut }), ...this.#figures };
  }

  #chunkEnded(chunk: string, end: 'succeeded' | 'failed'): void {
    const before = this.#chunkEnds.get(chunk);
    if (before) this.#chunks[before] -= 1;
    this.#chunkEnds.set(chunk, end);
    this.#chunks[end] += 1;
  }

  /** @returns false where it was stopped before: what ends behind that does not count */
  #end(event: AttemptOf, end: Pick<AttemptHistory, 'status'> & Partial<AttemptHistory>): boolean {
    const key = keyOf(event);
    const index = this.#running.get(key);
    const attempt = index === undefined ? undefined : this.#attempts[index];
    if (index === undefined || !attempt) return false;
    this.#running.delete(key);
    this.#changed(index, { ...attempt, ...end });
    return true;
  }

  #changed(index: number, attempt: AttemptHistory): void {
    this.#attempts[index] = attempt;
    this.#shown = undefined;
    const { endedAt } = attempt;
    // ISO 8601 sorts as text.
    if (endedAt !== undefined && endedAt > (this.#lastEnd ?? '')) this.#lastEnd = endedAt;
    // Chunks end in any order, of which none is the last; otherwise a later attempt knows more.
    if (attempt.chunks || index >= (this.#last?.index ?? 0)) this.#last = { attempt, index };
  }
}

function keyOf({ attempt, chunks, gather }: AttemptOf): string {
  return JSON.stringify([attempt, chunks, gather]);
}

function figuresOf(result: TaskResult | undefined): Pick<TaskHistory, 'bytesIn' | 'bytesOut'> {
  const { bytesIn, bytesOut } = result ?? {};
  return { ...(bytesIn !== undefined && { bytesIn }), ...(bytesOut !== undefined && { bytesOut }) };
}

/** Where no attempt of it was told. */
function endIn({ startedAt, durationMs }: Partial<TaskResult> = {}): string | undefined {
  if (startedAt === undefined || durationMs === undefined) return undefined;
  return new Date(Date.parse(startedAt) + durationMs).toISOString();
}
