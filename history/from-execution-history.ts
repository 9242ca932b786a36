/**
 * Reads the events of a run out of the history of its execution on AWS, or of the finalizer's.
 *
 * What an attempt is told by: its function is scheduled; it succeeds, fails or times out; or the Parallel or the Map around
 * it is left, since something else in it failed. A `TaskStateAborted` names neither its state nor the chain that it is in.
 */

import { functionStateOf } from '../state-machines/compiler/machine/state-names.ts';
import { STOPPED_ERROR } from '../state-machines/contract/error-names.ts';
import { type CaughtError, failureOf } from '../state-machines/contract/marks.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import type { FailureInfo, RunStatus } from '../state-machines/contract/result.ts';
import { STATES } from '../state-machines/contract/states.ts';
import type { HookKind } from '../state-machines/graph/declarations.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { chunksIn, cleanupEnd, executionError, figuresIn, placeIn } from './answers.ts';
import type { AttemptOf, RunEvent, UntimedEvent } from './events.ts';
import { answerIn, detailsOf, type EventDetails, type HistoryEvent, payloadIn } from './execution-history-event.ts';
import { type Place, Places } from './execution-places.ts';

export type { HistoryEvent } from './execution-history-event.ts';

export interface AboutExecution {
  /** Of the pipeline as it is now; the execution may be of an older one. */
  readonly plan?: Plan;
  readonly pipeline: string;
  /** The execution's name. */
  readonly name: string;
  readonly run: string;
  readonly input: unknown;
  readonly executionArn: string;
  /** The run's own execution, or the one of its finalizer, which neither starts nor ends it. */
  readonly role: 'run' | 'finalizer';
  /**
   * The name of a task's or hook's state by the ARN of its function. Needed where events name neither their state nor the
   * event before them, as those of emulators: on AWS all do.
   */
  readonly functions?: Readonly<Record<string, string>>;
}

/** A Distributed Map: `DescribeMapRun` tells how far its chunks are, which no event does. */
export interface MapRun {
  readonly task: string;
  readonly mapRunArn: string;
  /** Whether it has ended. */
  readonly over: boolean;
}

/** A call of a function that is under way. */
interface Call {
  readonly place: Place;
  readonly startedAt: number;
  /** Undefined for the cleanup function. */
  readonly attempt?: AttemptOf;
}

const STOPPED: FailureInfo = { name: STOPPED_ERROR, message: 'it was under way when its run was ended' };

const PHASES: Readonly<Record<string, HookKind | 'tasks'>> = {
  [STATES.run]: 'tasks',
  [STATES.errors]: 'errors',
  [STATES.finally]: 'finally',
  [STATES.afterExecution]: 'after-execution',
};

export class ExecutionHistoryReader {
  readonly #about: AboutExecution;
  readonly #places: Places;
  readonly #underWay = new Set<Call>();
  readonly #mapRuns = new Map<Place, MapRun>();
  #phase: HookKind | undefined;
  #lastId = 0;
  #now = 0;

  constructor(about: AboutExecution) {
    this.#about = about;
    this.#places = new Places(about.functions);
  }

  /** Those of Distributed Maps that have started so far. */
  get mapRuns(): readonly MapRun[] {
    return [...this.#mapRuns.values()];
  }

  /**
   * @param event the next one of the history; one that was there before is passed over
   * @returns what it tells, mostly nothing. The last is `execution-ended`; `run-ended` is for whoever knows the result
   */
  add(event: HistoryEvent): RunEvent[] {
    const { id = 0, timestamp } = event;
    if (id <= this.#lastId) return [];
    this.#lastId = id;
    if (timestamp !== undefined) this.#now = new Date(timestamp).getTime();
    const at = new Date(this.#now).toISOString();
    const details = detailsOf(event);
    const place = this.#places.at(event, details);
    return this.#read(event.type ?? '', details, place).map((told): RunEvent => ({ at, ...told }));
  }

  #read(type: string, details: EventDetails, place: Place): UntimedEvent[] {
    switch (type) {
      case 'ExecutionStarted':
        return this.#started();
      case 'ParallelStateEntered':
        return this.#enter(place.state);
      case 'ParallelStateExited':
        return details.name !== undefined && details.name in PHASES ? this.#stop(() => true) : [];
      case 'LambdaFunctionScheduled':
      case 'TaskScheduled':
        return this.#call(place, payloadIn(details));
      case 'LambdaFunctionSucceeded':
      case 'TaskSucceeded':
        return this.#answered(place, details);
      case 'LambdaFunctionScheduleFailed':
        return [...this.#unscheduled(place), ...this.#failed(place, failureIn(details))];
      case 'LambdaFunctionStartFailed':
      case 'LambdaFunctionFailed':
      case 'LambdaFunctionTimedOut':
      case 'TaskSubmitFailed':
      case 'TaskStartFailed':
      case 'TaskFailed':
      case 'TaskTimedOut':
        return this.#failed(
          place,
          failureIn(details, type.endsWith('TimedOut') ? 'States.Timeout' : undefined),
          details.cause,
        );
      case 'MapStateStarted':
        return this.#mapStarted(place, details);
      case 'MapRunStarted':
        return this.#mapRunStarted(place, details);
      case 'MapRunFailed':
        place.error = failureIn(details);
        return this.#mapRunEnded(place);
      case 'MapRunSucceeded':
      case 'MapRunAborted':
        return this.#mapRunEnded(place);
      case 'MapIterationFailed':
        if (place.item && place.error) place.item.of.error = place.error;
        return [];
      case 'MapStateFailed':
        return [...this.#stop(({ item }) => item?.of === place), ...this.#mapFailed(place)];
      case 'MapStateAborted':
        return this.#stop(({ item }) => item?.of === place);
      case 'ExecutionSucceeded':
        return this.#ended('SUCCEEDED', details);
      case 'ExecutionFailed':
        return this.#ended('FAILED', details);
      case 'ExecutionAborted':
        return this.#ended('ABORTED', details);
      case 'ExecutionTimedOut':
        return this.#ended('TIMED_OUT', details);
      default:
        return [];
    }
  }

  #started(): UntimedEvent[] {
    const { role, pipeline, run, name, input, plan, executionArn } = this.#about;
    if (role === 'finalizer') return [];
    const tasks = plan?.tasks.map((task) => task.name) ?? [];
    const execution = name === run ? {} : { execution: name };
    return [{ type: 'run-started', pipeline, run, ...execution, input, tasks, executionArn }];
  }

  #ended(status: RunStatus, { error, cause }: EventDetails): UntimedEvent[] {
    if (this.#about.role === 'finalizer') return this.#stop(() => true);
    this.#underWay.clear();
    const why = error ? executionError(caught(error, cause)) : undefined;
    return [{ type: 'execution-ended', status, ...(why && { error: why }) }];
  }

  #enter(state: string): UntimedEvent[] {
    const phase = PHASES[state];
    if (phase !== undefined) this.#phase = phase === 'tasks' ? undefined : phase;
    return [];
  }

  #call(place: Place, payload: unknown): UntimedEvent[] {
    const { does } = functionStateOf(place.state);
    place.calls += 1;
    const attempt = this.#attemptAt(place, payload);
    this.#underWay.add({ place, startedAt: this.#now, ...(attempt && { attempt }) });
    if (attempt) return [{ type: 'attempt-started', ...attempt }];
    return does === 'cleanup' ? [{ type: 'cleanup-started' }] : [];
  }

  #attemptAt(place: Place, payload: unknown): AttemptOf | undefined {
    const is = functionStateOf(place.state);
    const { plan } = this.#about;
    if (!('name' in is)) return undefined;
    // Outside of any chain nothing tells a chunk from another, or from the gathering of all.
    if (is.does === 'work' && plan?.task(is.name)?.each) return undefined;
    const { retryCount, chunks } = isObject(payload) ? payload : {};
    const hook = plan?.hook(is.name)?.hook ?? (plan?.task(is.name) ? undefined : this.#phase);
    return {
      task: is.name,
      attempt: typeof retryCount === 'number' ? retryCount + 1 : place.calls,
      ...(hook && { hook }),
      // Where the history was read without data, an item stands for its chunks. No chunk can be called so.
      ...(is.does === 'chunks' && { chunks: Array.isArray(chunks) ? chunks : [`#${place.item?.index}`] }),
      ...(is.does === 'gather' && { gather: true }),
    };
  }

  #answered(place: Place, details: EventDetails): UntimedEvent[] {
    const call = this.#endCall(place);
    if (!call) return [];
    const { attempt } = call;
    const answer = answerIn(details);
    if (attempt)
      return [{ type: 'attempt-succeeded', ...attempt, durationMs: this.#since(call), ...figuresIn(answer) }];
    // Where there is no answer to be read: were there more to do, the cleanup would be called again.
    return this.#cleanupEnded(place, answer === undefined ? { done: true } : answer);
  }

  #failed(place: Place, error: FailureInfo, cause?: string): UntimedEvent[] {
    place.error = error;
    const call = this.#endCall(place);
    if (!call) return [];
    const { attempt } = call;
    if (!attempt) return this.#cleanupEnded(place, undefined);
    const from = placeIn(cause);
    const durationMs = this.#since(call);
    return [{ type: 'attempt-failed', ...attempt, durationMs, error, ...(from !== undefined && { place: from }) }];
  }

  /** What could not even be scheduled may have no event before it that tells of the attempt. */
  #unscheduled(place: Place): UntimedEvent[] {
    return this.#callAt(place) ? [] : this.#call(place, undefined);
  }

  #cleanupEnded(place: Place, answer: unknown): UntimedEvent[] {
    return functionStateOf(place.state).does === 'cleanup' ? [{ type: 'cleanup-ended', ...cleanupEnd(answer) }] : [];
  }

  #mapStarted(place: Place, { length = 0 }: EventDetails): UntimedEvent[] {
    const chunks = chunksIn(place.input, place.state);
    place.input = undefined;
    if (Array.isArray(chunks)) return [{ type: 'chunks-started', task: place.state, count: chunks.flat().length }];
    // Of a Distributed Map the length is 0, as its items are not known yet. Without data, there is one for each batch.
    return length > 0 ? [{ type: 'chunks-started', task: place.state, count: length }] : [];
  }

  #mapRunStarted(place: Place, { mapRunArn = '' }: EventDetails): UntimedEvent[] {
    const task = place.state;
    this.#mapRuns.set(place, { task, mapRunArn, over: false });
    return [{ type: 'chunks-started', task, count: 0 }];
  }

  #mapRunEnded(place: Place): UntimedEvent[] {
    const mapRun = this.#mapRuns.get(place);
    if (mapRun) this.#mapRuns.set(place, { ...mapRun, over: true });
    return [];
  }

  /** Where too many chunks have failed, gathering them says so. Otherwise nothing is gathered: the task has failed here. */
  #mapFailed({ state: task, error = failureIn({}) }: Place): UntimedEvent[] {
    if (error.name === 'States.ExceedToleratedFailureThreshold') return [];
    const attempt = { task, attempt: 1 };
    return [
      { type: 'attempt-started', ...attempt },
      { type: 'attempt-failed', ...attempt, durationMs: 0, error },
    ];
  }

  /** Nobody waits any more for what is under way there. */
  #stop(isThere: (place: Place) => boolean): UntimedEvent[] {
    return [...this.#underWay]
      .filter(({ place }) => isThere(place))
      .flatMap((call): UntimedEvent[] => {
        this.#underWay.delete(call);
        const { attempt } = call;
        if (!attempt) return [];
        return [{ type: 'attempt-failed', ...attempt, durationMs: this.#since(call), error: STOPPED }];
      });
  }

  #endCall(place: Place): Call | undefined {
    const call = this.#callAt(place);
    if (call) this.#underWay.delete(call);
    return call;
  }

  /** The first of them, where more than one can be. */
  #callAt(place: Place): Call | undefined {
    return this.#underWay.values().find((call) => call.place === place);
  }

  #since({ startedAt }: Call): number {
    return this.#now - startedAt;
  }
}

function failureIn({ error, cause }: EventDetails, otherwise = 'States.TaskFailed'): FailureInfo {
  return failureOf(caught(error || otherwise, cause));
}

function caught(error: string, cause: string | undefined): CaughtError {
  return { Error: error, ...(cause !== undefined && { Cause: cause }) };
}
