/**
 * A run on AWS as events: first its execution, then, where that left something to do, the finalizer's execution of the same
 * name. The last event is its result. It is told when hooks, cleanup and the tasks after the execution are over; what the
 * finalizer still does then is to wait until no function can write any more, and to sweep behind it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { RunEvent } from '../history/events.ts';
import { ExecutionHistoryReader } from '../history/from-execution-history.ts';
import { STATES } from '../state-machines/contract/states.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { AwsError } from './errors.ts';
import { describeExecution, type Execution } from './executions.ts';
import type { Deployed } from './find-pipelines.ts';
import type { FoundRun } from './find-run.ts';
import { MapRuns } from './map-runs.ts';
import { patiently } from './patience.ts';
import { type Pace, readHistory } from './read-history.ts';
import { RunEnding } from './run-ending.ts';

export interface FollowOptions {
  readonly plan?: Plan | undefined;
  readonly follow: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly pace: Pace;
}

/**
 * A finalizer begins seconds after its execution's end; where the event is lost, on the reaper's next visit, which is every
 * quarter of an hour unless the pipeline says otherwise.
 */
const FINALIZER_WITHIN_MS = 35 * 60_000;

/** @throws AwsError where the finalizer does not begin */
export async function* followRun(
  client: SFNClient,
  deployed: Deployed,
  { run, execution }: FoundRun,
  options: FollowOptions,
): AsyncGenerator<RunEvent> {
  const { plan } = options;
  const ending = new RunEnding(deployed.pipeline, plan);
  const read = (role: 'run' | 'finalizer', { arn, name, input, status }: Execution) =>
    readExecution(client, arn, role, { plan, pipeline: deployed.pipeline, name, run, input, status }, ending, options);

  yield* read('run', execution);
  const { end } = ending;
  if (!end) return;

  const isFinalized = await leftSomethingToDo(client, deployed, ending, options);
  if (isFinalized) {
    const finalizer = await finalizerOf(client, deployed, execution.name, end.at, options);
    if (finalizer === 'later') return;
    if (finalizer) {
      const before = yield* read('finalizer', finalizer);
      if (before === 'goes on') return;
    }
  }
  yield ending.over();
}

interface About {
  readonly plan: Plan | undefined;
  readonly pipeline: string;
  readonly name: string;
  readonly run: string;
  readonly input: unknown;
  readonly status: Execution['status'];
}

/** @returns whether there is more of it to come */
async function* readExecution(
  client: SFNClient,
  executionArn: string,
  role: 'run' | 'finalizer',
  { plan, status, ...about }: About,
  ending: RunEnding,
  { follow, signal, pace }: FollowOptions,
): AsyncGenerator<RunEvent, 'over' | 'goes on'> {
  const reader = new ExecutionHistoryReader({ ...about, ...(plan && { plan }), executionArn, role });
  const maps = new MapRuns(client, signal);
  const told = (events: RunEvent[]) => {
    for (const event of events) ending.tell(event);
    return events;
  };
  for await (const read of readHistory(client, executionArn, { follow, signal, pace })) {
    if (read === 'waited') {
      yield* told(await maps.count(reader.mapRuns));
      continue;
    }
    const { event } = read;
    ending.see(role, event);
    if (ending.isSettled) {
      // As long as a function may run it waits now, which nobody should have to do with it.
      if (status === 'RUNNING') return 'over';
      // What it found then is in the result, and no event of the run any more.
      continue;
    }
    yield* told(reader.add(event));
    if (maps.isBehind(reader.mapRuns)) yield* told(await maps.count(reader.mapRuns));
  }
  yield* told(await maps.count(reader.mapRuns));
  return ending.hasEnded(role) ? 'over' : 'goes on';
}

/** Not of one that has cleaned up after itself, unless the pipeline as it is deployed has tasks after the execution. */
async function leftSomethingToDo(
  client: SFNClient,
  { finalizerArn }: Deployed,
  ending: RunEnding,
  { signal, pace }: FollowOptions,
): Promise<boolean> {
  if (!finalizerArn) return false;
  if (ending.end?.status !== 'SUCCEEDED' && !ending.hasReported) return true;
  const describe = new DescribeStateMachineCommand({ stateMachineArn: finalizerArn });
  const ask = () => client.send(describe, signal && { abortSignal: signal });
  const { definition = '{}' } = await patiently(ask, pace, signal);
  return STATES.afterExecution in (JSON.parse(definition).States ?? {});
}

/** @returns undefined where there is none, and will not be */
async function finalizerOf(
  client: SFNClient,
  { finalizerArn = '', pipeline }: Deployed,
  name: string,
  endedAt: Date,
  { follow, signal, pace }: FollowOptions,
): Promise<Execution | 'later' | undefined> {
  // By AWS's clock, where this machine's is known to be wrong: the SDK tells by the answers.
  const began = Date.now() + client.config.systemClockOffset;
  let waitMs = pace.shortestMs;
  for (;;) {
    const finalizer = await patiently(() => describeExecution(client, finalizerArn, name, signal), pace, signal);
    if (finalizer) return finalizer;
    const now = Date.now() + client.config.systemClockOffset;
    // Of a run that ended long ago none will come, or it was here and is not known any more.
    if (began - endedAt.getTime() > FINALIZER_WITHIN_MS) return undefined;
    if (!follow) return 'later';
    if (now - began > FINALIZER_WITHIN_MS)
      throw new AwsError(
        'NotFinalized',
        `the execution "${name}" of "${pipeline}" is over, but its finalizer has not begun within ${FINALIZER_WITHIN_MS / 60_000} minutes: look at the alarms eventLost and reaperDown; ebbtide reap ${pipeline} has it seen to`,
      );
    await sleep(waitMs, undefined, { signal });
    waitMs = Math.min(waitMs * 1.5, pace.longestMs);
  }
}
