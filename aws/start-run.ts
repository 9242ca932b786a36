/** Starts executions of a deployed pipeline: new runs, and such as go on with a run that is kept. */

import { hostname, userInfo } from 'node:os';
import {
  ExecutionAlreadyExists,
  InvalidName,
  type SFNClient,
  StartExecutionCommand,
  StateMachineDeleting,
  StateMachineDoesNotExist,
} from '@aws-sdk/client-sfn';
import { UsageError } from '../state-machines/contract/errors.ts';
import { assertKeep, inputAsJson } from '../state-machines/contract/execution-input.ts';
import { explainName, isName, RUN_ID } from '../state-machines/contract/names.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { newRunId } from '../state-machines/contract/run-ids.ts';
import { isDenied } from './errors.ts';
import { describeExecution } from './executions.ts';
import type { Deployed } from './find-pipelines.ts';
import { type FoundRun, resultOf } from './find-run.ts';

export interface StartOptions {
  /** Any JSON value. @default {}, or the input that the run to resume had */
  readonly input?: unknown;
  /** The execution's name, which a new run has too. @default the time and four random digits */
  readonly name?: string;
}

export interface StartedExecution {
  readonly name: string;
  readonly executionArn: string;
}

export async function startExecution(
  client: SFNClient,
  { pipeline, stateMachineArn, region }: Deployed,
  { input = {}, name }: StartOptions,
): Promise<StartedExecution> {
  const run = name ?? newRunId();
  if (!isName(RUN_ID, run)) throw new UsageError('InvalidRunId', explainName('run id', RUN_ID, run));
  const text = inputAsJson(input);
  assertKeep(input);
  const exists = () =>
    new UsageError(
      'RunExists',
      `"${pipeline}" on AWS in ${region} has, or had, a run "${run}": a name can be used again 90 days after its end; choose another, or leave it out`,
    );
  // Of a run that goes on, the same name with the same input is answered as if it had been started now.
  if (name !== undefined && (await isThere(client, stateMachineArn, name))) throw exists();
  try {
    const started = await client.send(new StartExecutionCommand({ stateMachineArn, name: run, input: text }));
    return { name: run, executionArn: started.executionArn ?? '' };
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) throw exists();
    if (error instanceof InvalidName) throw new UsageError('InvalidRunId', `the run id "${run}": ${error.message}`);
    if (error instanceof StateMachineDoesNotExist || error instanceof StateMachineDeleting)
      throw new UsageError(
        'NotDeployed',
        `the state machine ${stateMachineArn} of "${pipeline}" is not there, or is being deleted: deploy the pipeline`,
      );
    throw error;
  }
}

/** @throws UsageError where it can be seen that it cannot be resumed; otherwise the state machine may still refuse */
export function inputToResume(
  { run, execution, finalizer, ...found }: FoundRun,
  pipeline: string,
  input: unknown,
  now = new Date(),
): unknown {
  const refuse = (why: string) =>
    new UsageError('NotResumable', `the run "${run}" of "${pipeline}" cannot be resumed: ${why}`);
  if (execution.status === 'RUNNING') throw refuse('it is running');
  if (execution.status === 'SUCCEEDED') throw refuse('it succeeded; start a new one');
  const result = resultOf({ run, execution, ...(finalizer && { finalizer }), ...found });
  if (!result && finalizer?.status === 'RUNNING') throw refuse('its finalizer is at work; try again when that is over');
  if (result && result.keptUntil === undefined)
    throw refuse('nothing of it is kept; keep runs that fail with keepOnFailure of the Pipeline construct');
  if (result?.keptUntil !== undefined && Date.parse(result.keptUntil) <= now.getTime())
    throw refuse(`it was kept until ${result.keptUntil}; start a new one`);
  const { resume: _, ...before } = isObject(execution.input) ? execution.input : {};
  const given = input === undefined ? before : input;
  if (!isObject(given))
    throw new UsageError('InvalidInput', 'the run to resume is put into the input, which must be an object for that');
  return { ...given, resume: run };
}

/** Who stops a run, for whoever asks later why it ended. */
export function stoppedBy(): string {
  return `stopped by ${userName()} on ${hostname()} with ebbtide stop`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user who has no name.
    return 'somebody';
  }
}

async function isThere(client: SFNClient, stateMachineArn: string, name: string): Promise<boolean> {
  try {
    return (await describeExecution(client, stateMachineArn, name)) !== undefined;
  } catch (error) {
    // Whoever may only start runs has not been granted to look.
    if (isDenied(error)) return false;
    throw error;
  }
}
