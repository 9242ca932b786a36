/** Makes a run's history of its events, one after the other. */

import { NON_RETRYABLE_ERROR, TRANSIENT_ERRORS } from '../state-machines/contract/error-names.ts';
import type { RunResult, TaskResult } from '../state-machines/contract/result.ts';
import type { Plan, PlannedTask } from '../state-machines/graph/plan.ts';
import type { AttemptOf, Denial, RunEvent } from './events.ts';
import type {
  AttemptHistory,
  ChunkProgress,
  CleanupHistory,
  HeldBytes,
  LiveStatus,
  Phase,
  RunHistory,
  TaskHistory,
} from './run-history.ts';

type Event<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

/** @throws Error where there are no events */
export function historyOf(plan: Plan, events: Iterable<RunEvent>): RunHistory {
  const builder = new HistoryBuilder(plan);
  for (const event of events) builder.add(event);
  return builder.history();
}

/** Takes a run's events as they come, and tells at any time how it stands. */
export class HistoryBuilder {
  readonly #plan: Plan;
  readonly #tasks = new Map<string, TaskBuilder>();
  readonly #cleanups: CleanupHistory[] = [];
  readonly #held = new Held();
  readonly #denials: Denial[] = [];
  #started: Event<'run-started'> | undefined;
  #ended: Event<'execution-ended'> | undefined;
  #over: Event<'run-ended'> | undefined;
  #phase: Phase = 'preparing';

  /** @param plan of the pipeline as it is now; the run may be of an older one */
  constructor(plan: Plan) {
    this.#plan = plan;
    for (const task of plan.functions) this.#tasks.set(task.name, new TaskBuilder(task.name, task));
  }

  add(event: RunEvent): void {
    const { at } = event;
    switch (event.type) {
      case 'run-started':
        this.#started = event;
        this.#held.begin(at);
        for (const name of event.tasks) this.#task(name);
        break;
      case 'synthesis-started':
      case 'permissions-not-checked':
        break;
      case 'attempt-started':
        this.#phase = event.hook ? 'finalizing' : 'tasks';
        this.#task(event.task).started(event, at);
        break;
      case 'attempt-succeeded':
        this.#held.released(at, event.released ?? {});
        // What is gathered are the chunks' own bytes.
        if (!event.gather) this.#held.grew(at, event.bytesOut ?? 0);
        this.#task(event.task).succeeded(event, at);
        break;
      case 'attempt-failed':
        this.#task(event.task).failed(event, at);
        break;
      case 'chunks-started':
        this.#phase = 'tasks';
        this.#task(event.task).chunksStarted(event.count, at);
        break;
      case 'chunks-counted':
        this.#task(event.task).chunksCounted(event);
        break;
      case 'cleanup-started':
        this.#phase = 'cleanup';
        this.#cleanups.push({ startedAt: at });
        break;
      case 'cleanup-ended': {
        const last = this.#cleanups.pop();
        if (last) this.#cleanups.push({ ...last, endedAt: at, done: event.done });
        if (event.done && event.left === 0) this.#held.emptied(at);
        break;
      }
      case 'execution-ended':
        this.#ended = event;
        if (event.status !== 'SUCCEEDED') this.#phase = 'finalizing';
        for (const task of this.#tasks.values()) task.stopped(at);
        break;
      case 'denied':
        this.#denials.push(event.denial);
        break;
      case 'run-ended':
        this.#over = event;
        this.#phase = 'over';
        for (const task of this.#tasks.values()) task.stopped(at);
        if (event.result.released.left === 0) this.#held.emptied(at);
        else this.#held.stayed(at);
        break;
      default:
        event satisfies never;
    }
  }

  /** @throws Error before the first event */
  history(): RunHistory {
    const started = this.#started;
    if (!started) throw new Error('a history begins with the start of its run');
    const { pipeline, run, execution, executionArn, folder, at, input } = started;
    const result = this.#over?.result;
    const error = result?.error ?? this.#ended?.error;
    return {
      pipeline,
      run,
      ...(execution !== undefined && { execution }),
      ...(executionArn !== undefined && { executionArn }),
      ...(folder !== undefined && { folder }),
      status: result?.status ?? 'RUNNING',
      phase: this.#phase,
      startedAt: at,
      ...(this.#over && { endedAt: this.#over.at }),
      input,
      ...(error && { error }),
      tasks: this.#taskHistories(result),
      cleanups: [...this.#cleanups],
      held: this.#held.points(),
      denials: [...this.#denials],
      ...(result && { result }),
    };
  }

  #task(name: string): TaskBuilder {
    const known = this.#tasks.get(name);
    if (known) return known;
    const added = new TaskBuilder(name, undefined);
    this.#tasks.set(name, added);
    return added;
  }

  #taskHistories(result: RunResult | undefined): TaskHistory[] {
    const upstreamFailed = new Set<string>();
    const histories = new Map<string, TaskHistory>();
    // A task comes after those that it depends on in no order but this one.
    const skips = (task: PlannedTask) => task.dependencies.some((name) => upstreamFailed.has(name));
    for (const wave of this.#plan.waves()) {
      for (const name of wave) {
        const builder = this.#task(name);
        const task = this.#plan.task(name);
        const history = builder.history(result?.tasks[name], task !== undefined && skips(task));
        if (history.status === 'FAILED' || history.status === 'SKIPPED') upstreamFailed.add(name);
        histories.set(name, history);
      }
    }
    return [...this.#tasks].map(
      ([name, builder]) => histories.get(name) ?? builder.history(result?.hooks?.[name] ?? result?.tasks[name], false),
    );
  }
}

class TaskBuilder {
  readonly #name: string;
  readonly #planned: (PlannedTask & { readonly hook?: TaskHistory['hook'] }) | undefined;
  readonly #attempts: AttemptHistory[] = [];
  /** Those under way, by what they carry out, and their place among the attempts. */
  readonly #running = new Map<string, number>();
  readonly #chunkEnds = new Map<string, 'succeeded' | 'failed'>();
  #hook: TaskHistory['hook'];
  #chunks: { readonly total: number; readonly at: string } | undefined;
  #counted: Omit<ChunkProgress, 'total'> | undefined;
  #retries = 0;
  #last: AttemptHistory | undefined;
  #figures: Pick<TaskHistory, 'bytesIn' | 'bytesOut'> = {};

  constructor(name: string, planned: PlannedTask | undefined) {
    this.#name = name;
    this.#planned = planned;
    this.#hook = this.#planned?.hook;
  }

  started(event: Event<'attempt-started'>, at: string): void {
    const { attempt, chunks, gather } = event;
    this.#hook ??= event.hook;
    if (attempt > 1) this.#retries += 1;
    const started: AttemptHistory = {
      attempt,
      ...(chunks && { chunks }),
      ...(gather && { gather }),
      status: 'RUNNING',
      startedAt: at,
    };
    this.#running.set(keyOf(event), this.#attempts.push(started) - 1);
    this.#last = started;
  }

  succeeded(event: Event<'attempt-succeeded'>, at: string): void {
    const { bytesIn, bytesOut, chunks } = event;
    const figures = { ...(bytesIn !== undefined && { bytesIn }), ...(bytesOut !== undefined && { bytesOut }) };
    this.#end(event, { status: 'SUCCEEDED', endedAt: at, ...figures });
    if (!chunks) this.#figures = figures;
    for (const chunk of chunks ?? []) this.#chunkEnds.set(chunk, 'succeeded');
  }

  failed(event: Event<'attempt-failed'>, at: string): void {
    this.#end(event, { status: 'FAILED', endedAt: at, error: event.error });
    for (const chunk of event.chunks ?? []) this.#chunkEnds.set(chunk, 'failed');
  }

  chunksStarted(total: number, at: string): void {
    this.#chunks = { total, at };
  }

  chunksCounted({ succeeded, failed }: Event<'chunks-counted'>): void {
    this.#counted = { succeeded, failed };
  }

  stopped(at: string): void {
    for (const index of this.#running.values()) {
      const attempt = this.#attempts[index];
      if (attempt) this.#attempts[index] = { ...attempt, status: 'STOPPED', endedAt: at };
    }
    this.#last = this.#attempts.at(-1);
    this.#running.clear();
  }

  history(result: TaskResult | undefined, upstreamFailed: boolean): TaskHistory {
    const status = result?.status ?? this.#status(upstreamFailed);
    const error = result?.error ?? this.#attempts.findLast((attempt) => attempt.error)?.error;
    const startedAt = this.#chunks?.at ?? this.#attempts[0]?.startedAt;
    const endedAt = this.#running.size > 0 ? undefined : this.#lastEnd();
    const { bytesIn, bytesOut } = { ...this.#figures, ...figuresOf(result) };
    const chunks = this.#progress(result);
    return {
      name: this.#name,
      ...(this.#hook && { hook: this.#hook }),
      status,
      attempts: [...this.#attempts],
      retriesUsed: result?.retriesUsed ?? this.#retries,
      ...(startedAt !== undefined && { startedAt }),
      ...(endedAt !== undefined && { endedAt }),
      ...(bytesIn !== undefined && { bytesIn }),
      ...(bytesOut !== undefined && { bytesOut }),
      ...(chunks && { chunks }),
      ...(error && status !== 'SUCCEEDED' && { error }),
    };
  }

  #status(upstreamFailed: boolean): LiveStatus {
    const last = this.#last;
    if (!last && !this.#chunks) return upstreamFailed && !this.#hook ? 'SKIPPED' : 'WAITING';
    if (this.#running.size > 0) return 'RUNNING';
    // Chunks are over only when they have been gathered.
    if (this.#chunks && !last?.gather) return 'RUNNING';
    if (!last) return 'RUNNING';
    if (last.status === 'SUCCEEDED') return 'SUCCEEDED';
    return last.status === 'FAILED' && this.#isTriedAgain(last) ? 'RETRYING' : 'FAILED';
  }

  /** What the Retry of its state says, as far as it is known here; the next event may know better. */
  #isTriedAgain({ attempt, error }: AttemptHistory): boolean {
    const name = error?.name ?? '';
    if (TRANSIENT_ERRORS.includes(name)) return true;
    if (name === NON_RETRYABLE_ERROR) return false;
    return this.#planned !== undefined && attempt <= this.#planned.retries;
  }

  #progress(result: TaskResult | undefined): ChunkProgress | undefined {
    if (result?.chunks) {
      const { total, succeeded, failed } = result.chunks;
      return { total, succeeded, failed };
    }
    if (!this.#chunks) return undefined;
    const { total } = this.#chunks;
    if (this.#counted) return { total, ...this.#counted };
    const ends = [...this.#chunkEnds.values()];
    const succeeded = ends.filter((end) => end === 'succeeded').length;
    return { total, succeeded, failed: ends.length - succeeded };
  }

  #lastEnd(): string | undefined {
    // ISO 8601 sorts as text.
    return this.#attempts.reduce<string | undefined>(
      (last, { endedAt }) => (endedAt !== undefined && (last === undefined || endedAt > last) ? endedAt : last),
      undefined,
    );
  }

  #end(event: AttemptOf, end: Pick<AttemptHistory, 'status'> & Partial<AttemptHistory>): void {
    const key = keyOf(event);
    const index = this.#running.get(key);
    const attempt = index === undefined ? undefined : this.#attempts[index];
    // It was stopped before: what ends behind that does not count.
    if (index === undefined || !attempt) return;
    this.#running.delete(key);
    const ended = { ...attempt, ...end };
    this.#attempts[index] = ended;
    this.#last = ended;
  }
}

function keyOf({ attempt, chunks, gather }: AttemptOf): string {
  return JSON.stringify([attempt, chunks, gather]);
}

function figuresOf(result: TaskResult | undefined): Pick<TaskHistory, 'bytesIn' | 'bytesOut'> {
  const { bytesIn, bytesOut } = result ?? {};
  return { ...(bytesIn !== undefined && { bytesIn }), ...(bytesOut !== undefined && { bytesOut }) };
}

/** The bytes that committed attempts hold. Two tasks that commit at one time may both tell of one output that went. */
class Held {
  readonly #points: HeldBytes[] = [];
  readonly #gone = new Set<string>();
  #bytes = 0;

  begin(at: string): void {
    this.#set(at, 0);
  }

  grew(at: string, bytes: number): void {
    if (bytes > 0) this.#set(at, this.#bytes + bytes);
  }

  released(at: string, outputs: Readonly<Record<string, number>>): void {
    for (const [output, bytes] of Object.entries(outputs)) {
      if (this.#gone.has(output)) continue;
      this.#gone.add(output);
      this.#set(at, Math.max(0, this.#bytes - bytes));
    }
  }

  emptied(at: string): void {
    if (this.#bytes > 0) this.#set(at, 0);
    else this.stayed(at);
  }

  stayed(at: string): void {
    if (this.#points.at(-1)?.at !== at) this.#set(at, this.#bytes);
  }

  points(): HeldBytes[] {
    return [...this.#points];
  }

  #set(at: string, bytes: number): void {
    this.#bytes = bytes;
    if (this.#points.at(-1)?.at === at) this.#points.pop();
    this.#points.push({ at, bytes });
  }
}
