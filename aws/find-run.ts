/** Which of its executions a run's latest is, and what is known of its end. */

import type { SFNClient } from '@aws-sdk/client-sfn';
import pLimit from 'p-limit';
import { RUN_ERRORS } from '../state-machines/contract/error-names.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import { resultIn } from '../state-machines/contract/reported-result.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { didYouMean } from '../state-machines/graph/nearest.ts';
import {
  AT_ONCE,
  describeExecution,
  type Execution,
  firstOf,
  listed,
  PAGE_SIZE,
  runOfExecution,
} from './executions.ts';
import type { Deployed } from './find-pipelines.ts';

export interface FoundRun {
  readonly run: string;
  /** Its latest one. */
  readonly execution: Execution;
  /** Of its finalizer, where there is one by now. */
  readonly finalizer?: Execution;
}

/**
 * What Step Functions takes: somebody may have started one by the console, under a name that no run can have.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
const EXECUTION_NAME = /^[^\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u;

/** How many executions are looked at for the one that resumed a run. */
const RESUMED_WITHIN = 300;

/**
 * A run's latest execution: the one of its name, or the last that resumed it.
 *
 * @param name of the run, or of an execution that resumed one
 * @throws UsageError where there is none
 */
export async function findRun(
  client: SFNClient,
  deployed: Deployed,
  name: string,
  signal?: AbortSignal,
): Promise<FoundRun> {
  const execution = await executionOf(client, deployed, name, signal);
  if (!execution) throw await unknownRun(client, deployed, name);
  const run = runOfExecution(execution);
  const first = { run, execution, ...(await finalizerOf(client, deployed, execution)) };
  if (run !== name || !isKept(first)) return first;
  const latest = await latestThatResumed(client, deployed, first);
  return latest ? { run, execution: latest, ...(await finalizerOf(client, deployed, latest)) } : first;
}

/** @returns undefined where there is none of that name */
export async function executionOf(
  client: SFNClient,
  { stateMachineArn }: Deployed,
  name: string,
  signal?: AbortSignal,
): Promise<Execution | undefined> {
  // Whatever else it is, it would be part of an ARN.
  return EXECUTION_NAME.test(name) ? describeExecution(client, stateMachineArn, name, signal) : undefined;
}

/** The result that is known of a run whose executions are over, or not. */
export function resultOf({ execution, finalizer }: FoundRun): RunResult | undefined {
  return reportedBy(execution) ?? (finalizer && reportedBy(finalizer));
}

async function finalizerOf(
  client: SFNClient,
  { finalizerArn }: Deployed,
  execution: Execution,
): Promise<Pick<FoundRun, 'finalizer'>> {
  if (!finalizerArn || execution.status === 'RUNNING' || execution.status === 'SUCCEEDED') return {};
  const finalizer = await describeExecution(client, finalizerArn, execution.name);
  return finalizer ? { finalizer } : {};
}

/** Only a run that was kept can have been resumed. */
function isKept(found: FoundRun): boolean {
  return resultOf(found)?.keptUntil !== undefined;
}

async function latestThatResumed(
  client: SFNClient,
  { stateMachineArn }: Deployed,
  { run, execution: { startedAt } }: FoundRun,
): Promise<Execution | undefined> {
  let batch: string[] = [];
  let looked = 0;
  const ofBatch = async () => {
    const described = await pLimit(AT_ONCE).map(batch, (name) => describeExecution(client, stateMachineArn, name));
    batch = [];
    // One that was refused has done nothing with the run.
    return described.find((one) => one && runOfExecution(one) === run && one.error !== RUN_ERRORS.resume);
  };
  for await (const { name = '', startDate } of listed(client, stateMachineArn)) {
    if (startDate && startDate <= startedAt) break;
    if (name !== run) batch.push(name);
    if (++looked === RESUMED_WITHIN) break;
    if (batch.length < 2 * AT_ONCE) continue;
    const found = await ofBatch();
    if (found) return found;
  }
  return ofBatch();
}

/** What the execution itself has reported. */
function reportedBy({ output, cause }: Execution): RunResult | undefined {
  return resultIn(output) ?? resultIn(cause);
}

async function unknownRun(client: SFNClient, { pipeline, stateMachineArn, region }: Deployed, run: string) {
  const latest = await firstOf(listed(client, stateMachineArn), PAGE_SIZE);
  const names = latest.flatMap(({ name }) => name ?? []);
  const hint = didYouMean(run, names) || (names[0] ? `; the last one is ${names[0]}` : '; there are none');
  return new UsageError(
    'UnknownRun',
    `"${pipeline}" has no run "${run}" on AWS in ${region}, where runs are known for 90 days after their end${hint}`,
  );
}
