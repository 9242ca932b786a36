/** The result of a run that is over, from wherever it is: what a run here puts together as it settles. */

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { cleanupResult } from '../history/answers.ts';
import { HistoryBuilder } from '../history/builder.ts';
import type { RunEvent } from '../history/events.ts';
import { answerIn } from '../history/execution-history-event.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { resultIn } from '../state-machines/contract/reported-result.ts';
import { type RunResult, SKIPPED, STOPPED, type TaskResult } from '../state-machines/contract/result.ts';
import { STATES } from '../state-machines/contract/states.ts';
import { Plan } from '../state-machines/graph/plan.ts';
import { type ExecutionEnd, endIn } from './execution-end.ts';
import { asFarAsKnown } from './result-of-history.ts';

/** Looks on while a run is read, and knows its result in the end. */
export class RunEnding {
  readonly #plan: Plan;
  readonly #builder: HistoryBuilder;
  readonly #ends: { run?: ExecutionEnd; finalizer?: ExecutionEnd } = {};
  readonly #cleanups: { run?: RunResult; finalizer?: RunResult } = {};
  readonly #after = new Map<string, TaskResult>();
  #isCleanedUp = false;
  #settledAt: Date | undefined;
  #swept = { objects: 0, bytes: 0 };

  /** @param plan without it, tasks that never began are not known */
  constructor(pipeline: string, plan: Plan = new Plan(pipeline, [])) {
    this.#plan = plan;
    this.#builder = new HistoryBuilder(plan);
  }

  /** Of the execution itself. */
  get end(): ExecutionEnd | undefined {
    return this.#ends.run;
  }

  hasEnded(role: 'run' | 'finalizer'): boolean {
    return this.#ends[role] !== undefined;
  }

  /** Whether the execution came to the end of its own machine, by way of the cleanup. */
  get hasReported(): boolean {
    return this.#reported() !== undefined;
  }

  /** Whether there is a result that no more than a last sweep, behind functions that may have outlived the run, could change. */
  get isKnown(): boolean {
    return this.hasReported || this.#isCleanedUp;
  }

  /** Whether the finalizer has come to the wait behind all of its other work, with a result. */
  get isSettled(): boolean {
    return this.#settledAt !== undefined;
  }

  see(role: 'run' | 'finalizer', event: HistoryEvent): void {
    const end = endIn(event);
    if (end) this.#ends[role] = end;
    if (event.type === 'ExecutionRedriven') delete this.#ends[role];
    const isBehindWork = role === 'finalizer' && event.stateEnteredEventDetails?.name === STATES.lateWriters;
    if (isBehindWork && this.isKnown) this.#settledAt = event.timestamp;
    const succeeded = event.lambdaFunctionSucceededEventDetails ?? event.taskSucceededEventDetails;
    const answer = succeeded && answerIn(succeeded);
    if (!isObject(answer) || typeof answer['done'] !== 'boolean') return;
    const result = cleanupResult(answer);
    if (result) this.#cleanups[role] = result;
    if (result && role === 'finalizer') this.#isCleanedUp = answer['done'];
    const { objects, bytes } = answer;
    if (role === 'finalizer' && typeof objects === 'number' && typeof bytes === 'number')
      this.#swept = { objects: this.#swept.objects + objects, bytes: this.#swept.bytes + bytes };
  }

  tell(event: RunEvent): void {
    this.#builder.add(event);
    if (!('hook' in event) || event.hook !== 'after-execution') return;
    const { at, task, attempt } = event;
    const before = this.#after.get(task);
    const result = { retriesUsed: attempt - 1, startedAt: before?.startedAt ?? at };
    if (event.type === 'attempt-started')
      this.#after.set(task, { ...result, status: 'FAILED', startedAt: at, error: STOPPED });
    if (event.type === 'attempt-succeeded')
      this.#after.set(task, { ...result, status: 'SUCCEEDED', durationMs: event.durationMs });
    if (event.type === 'attempt-failed')
      this.#after.set(task, { ...result, status: 'FAILED', durationMs: event.durationMs, error: event.error });
  }

  /** The last event of the run. @throws Error before its execution has ended */
  over(): RunEvent {
    const { run: end, finalizer } = this.#ends;
    if (!end) throw new Error('the execution goes on');
    const found =
      this.#cleanups.finalizer ??
      (finalizer && resultIn(finalizer.output)) ??
      this.#reported() ??
      this.#cleanups.run ??
      asFarAsKnown(this.#builder.history(), end);
    const { released } = found;
    const hooks = { ...found.hooks, ...this.#afterExecution() };
    const result: RunResult = {
      ...found,
      status: end.status,
      ...(Object.keys(hooks).length > 0 && { hooks }),
      released: {
        ...released,
        objects: released.objects + this.#swept.objects,
        bytes: released.bytes + this.#swept.bytes,
      },
    };
    return { at: (this.#settledAt ?? (finalizer ?? end).at).toISOString(), type: 'run-ended', result };
  }

  #reported(): RunResult | undefined {
    const { output, cause } = this.#ends.run ?? {};
    return resultIn(output) ?? resultIn(cause);
  }

  #afterExecution(): Record<string, TaskResult> {
    const names = new Set([...this.#plan.hooksAfterExecution.map(({ name }) => name), ...this.#after.keys()]);
    return Object.fromEntries([...names].map((name) => [name, this.#after.get(name) ?? SKIPPED]));
  }
}
