/** Makes a run's history of its events, one after the other. */

import type { RunResult } from '../state-machines/contract/result.ts';
import { inDependencyOrder, type Plan } from '../state-machines/graph/plan.ts';
import type { Denial, RunEvent, RunEventOf } from './events.ts';
import { HeldBytesBuilder } from './held-bytes.ts';
import type { CleanupHistory, LiveStatus, Phase, RunHistory, TaskHistory } from './run-history.ts';
import { TaskBuilder } from './task-builder.ts';

/** @throws Error where there are no events */
export function historyOf(plan: Plan, events: Iterable<RunEvent>): RunHistory {
  const builder = new HistoryBuilder(plan);
  for (const event of events) builder.add(event);
  return builder.history();
}

/**
 * Takes a run's events as they come, and tells at any time how it stands. An event takes the same time whatever came
 * before it; telling how the run stands takes a copy of the attempts of those tasks that have changed since.
 */
export class HistoryBuilder {
  readonly #plan: Plan;
  /** Those of the plan, each after all that it depends on. */
  readonly #ordered: readonly { readonly name: string; readonly dependencies: readonly string[] }[];
  readonly #tasks = new Map<string, TaskBuilder>();
  readonly #cleanups: CleanupHistory[] = [];
  readonly #held = new HeldBytesBuilder();
  readonly #denials: Denial[] = [];
  #started: RunEventOf<'run-started'> | undefined;
  /** The tasks of the run. */
  #named: ReadonlySet<string> = new Set();
  #ended: RunEventOf<'execution-ended'> | undefined;
  #over: RunEventOf<'run-ended'> | undefined;
  #phase: Phase = 'preparing';

  /** @param plan of the pipeline as it is now; the run may be of an older one */
  constructor(plan: Plan) {
    this.#plan = plan;
    this.#ordered = inDependencyOrder(plan.tasks);
    for (const { name } of plan.functions) this.#tasks.set(name, new TaskBuilder(name, plan));
  }

  /** What comes behind `run-ended` is passed over. */
  add(event: RunEvent): void {
    const { at } = event;
    if (this.#over) return;
    switch (event.type) {
      case 'run-started':
        this.#started = event;
        this.#named = new Set(event.tasks);
        this.#held.begin(at);
        for (const name of event.tasks) this.#task(name);
        break;
      case 'synthesis-started':
      case 'permissions-not-checked':
        break;
      case 'attempt-started':
        this.#begin(event);
        this.#task(event.task).started(event);
        break;
      case 'attempt-succeeded':
        this.#succeeded(event);
        break;
      case 'attempt-failed':
        this.#task(event.task).failed(event);
        break;
      case 'chunks-started':
        this.#phase = 'tasks';
        this.#task(event.task).chunksStarted(event);
        break;
      case 'chunks-counted':
        this.#task(event.task).chunksCounted(event);
        break;
      case 'cleanup-started':
        this.#phase = 'cleanup';
        this.#cleanups.push({ startedAt: at });
        break;
      case 'cleanup-ended':
        this.#endCleanup(at, event.done);
        if (event.done && event.left === 0) this.#held.emptied(at);
        break;
      case 'execution-ended':
        this.#ended = event;
        if (event.status !== 'SUCCEEDED') this.#phase = 'finalizing';
        this.#stop(at);
        break;
      case 'denied':
        this.#denials.push(event.denial);
        break;
      case 'run-ended':
        this.#over = event;
        this.#phase = 'over';
        this.#stop(at);
        if (event.result.released.left === 0) this.#held.emptied(at);
        else this.#held.stayed(at);
        break;
      default:
        event satisfies never;
    }
  }

  #succeeded(event: RunEventOf<'attempt-succeeded'>): void {
    const { at, released = {}, committedBefore } = event;
    const grown = this.#task(event.task).succeeded(event);
    if (committedBefore && this.#started?.execution !== undefined) {
      this.#held.hadBefore(grown, released);
      return;
    }
    this.#held.released(at, released);
    this.#held.grew(at, grown);
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

  #begin({ task, hook }: RunEventOf<'attempt-started'>): void {
    const owner = this.#plan.hook(task)?.owner.kind ?? 'graph';
    if (!hook) {
      this.#phase = 'tasks';
      // Tasks begin again: the execution was redriven.
      this.#ended = undefined;
    } else if (owner === 'graph' || (this.#phase !== 'preparing' && this.#phase !== 'tasks')) {
      this.#phase = 'finalizing';
    } else {
      // That of a task or a group runs beside other tasks.
      this.#phase = 'tasks';
    }
  }

  #stop(at: string): void {
    for (const task of this.#tasks.values()) task.stopped(at);
    this.#endCleanup(at, false);
  }

  /** Where one is under way. */
  #endCleanup(at: string, done: boolean): void {
    const last = this.#cleanups.at(-1);
    if (last && last.endedAt === undefined) this.#cleanups[this.#cleanups.length - 1] = { ...last, endedAt: at, done };
  }

  #task(name: string): TaskBuilder {
    const known = this.#tasks.get(name);
    if (known) return known;
    const added = new TaskBuilder(name, this.#plan);
    this.#tasks.set(name, added);
    return added;
  }

  #taskHistories(result: RunResult | undefined): TaskHistory[] {
    const histories = new Map<string, TaskHistory>();
    const isUnsuccessful = (name: string) => {
      const status = histories.get(name)?.status;
      return status === 'FAILED' || status === 'SKIPPED';
    };
    // Where the result of a large run had no room for its tasks, it still counts them.
    const unbegun: LiveStatus = !result ? 'WAITING' : result.omitted > 0 ? 'OMITTED' : 'SKIPPED';
    for (const { name, dependencies } of this.#ordered) {
      const otherwise = dependencies.some(isUnsuccessful) ? 'SKIPPED' : unbegun;
      histories.set(name, this.#task(name).history(result?.tasks[name], otherwise));
    }
    return [...this.#tasks.values()].flatMap((task) => {
      const { name } = task;
      if (this.#isOfAnotherGraph(task, result)) return [];
      const known = histories.get(name);
      return known ?? task.history(result?.hooks?.[name] ?? result?.tasks[name], result ? 'OMITTED' : 'WAITING');
    });
  }

  /** A task of the plan that the run, of an older one, does not have. */
  #isOfAnotherGraph({ name, isKnown }: TaskBuilder, result: RunResult | undefined): boolean {
    if (this.#named.size === 0 || this.#named.has(name) || isKnown) return false;
    return this.#plan.task(name) !== undefined && result?.tasks[name] === undefined;
  }
}
