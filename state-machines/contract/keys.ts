/**
 * Where a run's data lives. All S3 keys of the system are made, and taken apart, here.
 *
 *     runs/<pipeline>/<run>/<task>/_committed.json            the commit record: first writer wins
 *     runs/<pipeline>/<run>/<task>/<attempt>/_attempt.json    that an attempt began, and how it failed
 *     runs/<pipeline>/<run>/<task>/<attempt>/<output>         what an attempt wrote
 *     runs/<pipeline>/<run>/<task>/_chunks/<chunk>/…          the same for one chunk of a chunk-parallel task
 *     runs/<pipeline>/<run>/<hook>/_executions/<execution>/…  the same for a hook of an execution that resumes the run
 *     runs/<pipeline>/<run>/_lease.json                       that the run is kept, and until when
 *     runs/<pipeline>/<run>/_holders/<number>.json            who took the run over: first writer wins
 *     runs/<pipeline>/<run>/_result.json                      the run's result, while its prefix is being emptied
 *     results/<pipeline>/<run>/<task>/<output>.<extension>    a durable output, in the results bucket
 *     results/<pipeline>/<run>/<task>/<output>/<chunk>.<extension>    one chunk's
 *
 * `<attempt>` is the attempt's number and a random part, `2-9f3ac1d0`: two invocations never share a folder, even when
 * a duplicate invocation, a redrive or a resumed run counts its attempts from one again. So discarding one's own
 * attempt can never touch what another attempt committed.
 */

import { ContractError } from './errors.ts';
import { CHUNK_ID, explainName, isName, OUTPUT_NAME, PIPELINE_NAME, RUN_ID, TASK_NAME } from './names.ts';

export const COMMIT_RECORD = '_committed.json';
export const ATTEMPT_MARKER = '_attempt.json';
/** The folder of a task's chunks. */
export const CHUNKS = '_chunks/';
/** The folder of what a hook left in executions that resume a run. */
export const EXECUTIONS = '_executions/';
export const LEASE = '_lease.json';
/** The folder of those who took a run over. */
export const HOLDERS = '_holders/';
export const RESULT_RECORD = '_result.json';

const ATTEMPT_ID = /^([1-9][0-9]{0,5})-[0-9a-f]{8}$/;

export interface RunId {
  readonly pipeline: string;
  readonly run: string;
}

/** A task, or with `chunk` the part of it that is one chunk's, which attempts and commits on its own. */
export interface TaskId extends RunId {
  readonly task: string;
  readonly chunk?: string;
  /** Of a hook, where an execution resumes the run: it runs anew in each. */
  readonly execution?: string;
}

/** `runs/<pipeline>/`: where the runs of a pipeline are looked for. Nothing is deleted by it. */
export function pipelinePrefix(pipeline: string): string {
  require('pipeline name', PIPELINE_NAME, pipeline);
  return `runs/${pipeline}/`;
}

/** The run whose whole prefix this is; undefined where it is none of this pipeline. */
export function runInPrefix(prefix: string, pipeline: string): RunId | undefined {
  const run = prefix.startsWith(pipelinePrefix(pipeline)) ? prefix.slice(pipelinePrefix(pipeline).length, -1) : '';
  return isName(RUN_ID, run) && prefix === runPrefix({ pipeline, run }) ? { pipeline, run } : undefined;
}

/** `runs/<pipeline>/<run>/`, the whole of what a run may leave behind, and the only thing that is ever deleted. */
export function runPrefix({ pipeline, run }: RunId): string {
  require('pipeline name', PIPELINE_NAME, pipeline);
  require('run id', RUN_ID, run);
  return `runs/${pipeline}/${run}/`;
}

export function taskPrefix(id: TaskId): string {
  require('task name', TASK_NAME, id.task);
  const whole = `${runPrefix(id)}${id.task}/`;
  if (id.execution !== undefined) {
    require('execution name', RUN_ID, id.execution);
    return `${whole}${EXECUTIONS}${id.execution}/`;
  }
  if (id.chunk === undefined) return whole;
  require('chunk id', CHUNK_ID, id.chunk);
  return `${whole}${CHUNKS}${id.chunk}/`;
}

/** `runs/<pipeline>/<run>/<task>/_chunks/`: what the chunks of a chunk-parallel task left. */
export function chunksPrefix({ chunk: _, ...task }: TaskId): string {
  return taskPrefix(task) + CHUNKS;
}

export function leaseKey(run: RunId): string {
  return runPrefix(run) + LEASE;
}

/** @param number 1 for the first that took the run over */
export function holderKey(run: RunId, number: number): string {
  if (!Number.isSafeInteger(number) || number < 1)
    throw new ContractError('InvalidName', `a run has no holder number ${number}`);
  return `${runPrefix(run)}${HOLDERS}${number}.json`;
}

export function resultRecordKey(run: RunId): string {
  return runPrefix(run) + RESULT_RECORD;
}

export function commitRecordKey(id: TaskId): string {
  return taskPrefix(id) + COMMIT_RECORD;
}

export function attemptPrefix(id: TaskId, attemptId: string): string {
  if (!ATTEMPT_ID.test(attemptId)) {
    throw new ContractError('InvalidName', `the attempt id ${JSON.stringify(attemptId)} is not one`);
  }
  return `${taskPrefix(id)}${attemptId}/`;
}

export function attemptMarkerKey(id: TaskId, attemptId: string): string {
  return attemptPrefix(id, attemptId) + ATTEMPT_MARKER;
}

export function outputKey(id: TaskId, attemptId: string, output: string): string {
  require('output name', OUTPUT_NAME, output);
  return attemptPrefix(id, attemptId) + output;
}

/** @param extension without the dot, e.g. `csv` */
export function resultKey(id: TaskId, output: string, extension: string): string {
  if (id.chunk === undefined) return `${resultPath(id, output)}.${extension}`;
  require('chunk id', CHUNK_ID, id.chunk);
  return `${resultFolder(id, output)}${id.chunk}.${extension}`;
}

/** Where the chunks of a chunk-parallel task are published, a file each. */
export function resultFolder(id: TaskId, output: string): string {
  return `${resultPath(id, output)}/`;
}

/** `results/<pipeline>/<run>/`: what a run has published. */
export function resultsPrefix(run: RunId): string {
  return `results/${runPrefix(run).slice('runs/'.length)}`;
}

function resultPath({ pipeline, run, task, execution }: TaskId, output: string): string {
  require('output name', OUTPUT_NAME, output);
  // What a hook publishes is its execution's, and replaces nothing that another published.
  const owner = { pipeline, run: execution ?? run };
  return `${resultsPrefix(owner)}${taskPrefix({ ...owner, task }).slice(runPrefix(owner).length)}${output}`;
}

/** @param random eight hexadecimal digits */
export function attemptIdOf(attempt: number, random: string): string {
  return `${attempt}-${random}`;
}

/** The attempt number in an attempt id, or undefined where the text is no attempt id. */
export function attemptNumberOf(attemptId: string): number | undefined {
  const match = ATTEMPT_ID.exec(attemptId);
  return match ? Number(match[1]) : undefined;
}

function require(what: string, rule: Parameters<typeof explainName>[1], name: string): void {
  if (!isName(rule, name)) throw new ContractError('InvalidName', explainName(what, rule, name));
}
