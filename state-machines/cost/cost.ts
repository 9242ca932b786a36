/**
 * What a run costs, and a month of them: an estimate from list prices, part by part.
 *
 * Every task is taken to run, and to succeed at its first attempt. Not in it: free tiers, what is stored (S3 by GB and
 * month, logs by GB), outputs of more than one part, traffic out of the region, and what handlers themselves call.
 */

import type { Plan } from '../graph/plan.ts';
import { refuseWrongGuesses } from './guesses.ts';
import { HOURS_A_MONTH, PRICES } from './prices.ts';
import { s3RequestsOf } from './requests.ts';
import { ASSUMED_SECONDS, chunksIn, type Guesses, OWN_MEMORY_MIB, transitionsOf, type Work, workOf } from './work.ts';

export interface CostPart {
  readonly what: string;
  readonly amount: number;
  readonly unit:
    | 'transitions'
    | 'requests'
    | 'GB-seconds'
    | 'metrics'
    | 'alarms'
    | 'traces'
    | 'starts'
    | 'runs'
    | 'months';
  /** Of one of them. */
  readonly price: number;
  readonly usd: number;
}

export interface Cost {
  readonly region: string;
  /** The month in which the prices held. */
  readonly asOf: string;
  readonly work: readonly Work[];
  readonly run: { readonly usd: number; readonly parts: readonly CostPart[] };
  /** Where every task and hook used up its retries: how many that are, and what they add at the most. */
  readonly retries: { readonly most: number; readonly usd: number };
  /** What the deployment costs while nothing runs. */
  readonly idle: { readonly usd: number; readonly parts: readonly CostPart[] };
  readonly month?: { readonly runs: number; readonly usd: number; readonly parts: readonly CostPart[] };
}

export interface Month {
  /** On average. */
  readonly runs: number;
  /** In how many of a month's 730 hours there are runs: metrics are charged by the hour. */
  readonly hours: number;
  /** EventBridge Scheduler starts them. */
  readonly scheduled: boolean;
}

/**
 * @param statesEntered as compiled
 * @throws UsageError for a guess of a task that there is not, or one that cannot be
 */
export function costOf(plan: Plan, statesEntered: number, guesses: Guesses = {}, month?: Month): Cost {
  refuseWrongGuesses(plan, guesses);
  const work = workOf(plan, guesses);
  const run = withTotal(runParts(plan, statesEntered, guesses, work));
  const idle = withTotal(idleParts(month?.scheduled ?? false));
  return {
    region: PRICES.region,
    asOf: PRICES.asOf,
    work,
    run,
    retries: retriesOf(work),
    idle,
    ...(month && { month: { runs: month.runs, ...withTotal(monthParts(month, run.usd, idle.usd, work)) } }),
  };
}

function runParts(plan: Plan, statesEntered: number, guesses: Guesses, work: readonly Work[]): CostPart[] {
  const { run, chunks, afterExecution } = transitionsOf(plan, statesEntered, work);
  const { writes, reads } = s3RequestsOf(plan, chunksIn(plan, guesses));
  const transitions = (what: string, amount: number) => part(what, amount, 'transitions', PRICES.stateTransition);
  const seconds = (what: string, of: (one: Work) => boolean) =>
    part(what, sum(work.filter(of).map(gbSeconds)), 'GB-seconds', PRICES.lambdaGbSecond);
  const isOwn = ({ of }: Work) => of === undefined;
  return [
    transitions('Step Functions: states entered', run),
    transitions('Step Functions: states of chunks', chunks),
    transitions('Step Functions: after the execution', afterExecution),
    part('Lambda: requests', sum(work.map(({ invocations }) => invocations)), 'requests', PRICES.lambdaRequest),
    seconds('Lambda: tasks and hooks', (one) => !isOwn(one)),
    seconds('Lambda: cleanup', isOwn),
    part('S3: writes and lists', writes, 'requests', PRICES.s3Write),
    part('S3: reads', reads, 'requests', PRICES.s3Read),
  ].filter(({ amount }) => amount > 0);
}

/** The reaper's visits, at the construct's default. */
const VISITS_A_MONTH = HOURS_A_MONTH * 4;
const LISTS_A_VISIT = 4;
const ALARMS = { always: 7, withSchedule: 1 };

function idleParts(scheduled: boolean): CostPart[] {
  const visit = (OWN_MEMORY_MIB / 1_024) * ASSUMED_SECONDS;
  return [
    part('CloudWatch: alarms', ALARMS.always + (scheduled ? ALARMS.withSchedule : 0), 'alarms', PRICES.alarm),
    part('CloudWatch: BytesHeld', 1, 'metrics', PRICES.metric),
    part("the reaper's lists", VISITS_A_MONTH * LISTS_A_VISIT, 'requests', PRICES.s3Write),
    part("the reaper's time", VISITS_A_MONTH * visit, 'GB-seconds', PRICES.lambdaGbSecond),
    part("the reaper's traces", VISITS_A_MONTH, 'traces', PRICES.trace),
  ];
}

/** BytesWritten, BytesReleased, and how long each task and hook took. */
const METRICS_OF_A_RUN = 2;

function monthParts({ runs, hours, scheduled }: Month, run: number, idle: number, work: readonly Work[]): CostPart[] {
  const functions = new Set(work.flatMap(({ of }) => (of === undefined ? [] : [of]))).size;
  const metricMonths = (METRICS_OF_A_RUN + functions) * (hours / HOURS_A_MONTH);
  return [
    part('runs', runs, 'runs', run),
    part('CloudWatch: metrics of runs', metricMonths, 'metrics', PRICES.metric),
    ...(scheduled ? [part('EventBridge: starts', runs, 'starts', PRICES.scheduledStart)] : []),
    part('the deployment, idle or not', 1, 'months', idle),
  ];
}

function retriesOf(work: readonly Work[]): Cost['retries'] {
  const most = sum(work.map(({ invocations, retries }) => invocations * retries));
  const usd = sum(
    work.map((one) => {
      const attempt = PRICES.stateTransition + PRICES.lambdaRequest;
      return one.retries * (one.invocations * attempt + gbSeconds(one) * PRICES.lambdaGbSecond);
    }),
  );
  return { most, usd };
}

function gbSeconds({ invocations, seconds, memoryMiB }: Work): number {
  return invocations * seconds * (memoryMiB / 1_024);
}

function part(what: string, amount: number, unit: CostPart['unit'], price: number): CostPart {
  return { what, amount, unit, price, usd: amount * price };
}

function withTotal(parts: readonly CostPart[]): { readonly usd: number; readonly parts: readonly CostPart[] } {
  return { usd: sum(parts.map(({ usd }) => usd)), parts };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
