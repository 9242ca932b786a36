/** The end of a run: its result put together while its records are there, its prefix emptied, its verdict. */

import type { S3Client } from '@aws-sdk/client-s3';
import {
  type CleanupAnswer,
  type CleanupEvent,
  type NotesAnswer,
  RUN_ERRORS,
  type SweepAnswer,
  type SweepEvent,
} from '../../state-machines/contract/events.ts';
import type { RunId } from '../../state-machines/contract/keys.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import { CAUSE_LIMIT, PAYLOAD_LIMIT, type RunResult, shortenResult } from '../../state-machines/contract/result.ts';
import { Records } from '../storage/records.ts';
import { emptyPrefix, measurePrefix } from './empty-prefix.ts';
import { notesOf } from './notes.ts';
import { composeRunResult } from './run-result.ts';

/** The answer is wrapped, and so is the state that carries it. */
const SLACK_BYTES = 8_192;
const RESULT_LIMIT = PAYLOAD_LIMIT - SLACK_BYTES;

export interface CleanupSurroundings {
  readonly pipeline: string;
  readonly s3: S3Client;
  readonly runsBucket: string;
  readonly hasTime: () => boolean;
}

/** With `notesOnly` it cleans nothing up, and answers with what it would report. */
export async function cleanUp(
  event: CleanupEvent | SweepEvent,
  surroundings: CleanupSurroundings,
): Promise<CleanupAnswer | NotesAnswer | SweepAnswer> {
  const { pipeline, s3, runsBucket, hasTime } = surroundings;
  const id: RunId = { pipeline, run: event.run };
  if ('sweep' in event) {
    const { objects, bytes, outOfTime } = await emptyPrefix(s3, runsBucket, id, hasTime);
    return outOfTime ? { done: false } : { done: true, objects, bytes };
  }
  const { state } = event;
  const before =
    'result' in state
      ? state.result
      : await composeRunResult(id, { ...event, end: state }, new Records(s3, runsBucket));

  if (event.notesOnly) return notesOf(before, state);
  if (isKept(event.input)) {
    const { objects } = await measurePrefix(s3, runsBucket, id);
    return verdict({ ...before, released: { ...before.released, left: objects } });
  }
  const emptied = await emptyPrefix(s3, runsBucket, id, hasTime);
  const result: RunResult = {
    ...before,
    durationMs: Date.now() - Date.parse(before.startedAt),
    released: {
      objects: before.released.objects + emptied.objects,
      bytes: before.released.bytes + emptied.bytes,
      left: emptied.left,
    },
  };
  // After an invocation that tried and could delete nothing, the next one would do no better.
  const gaveUp = emptied.objects === 0 && emptied.left > 0;
  if (emptied.outOfTime && !gaveUp) {
    const { state: _, ...rest } = event;
    const room = RESULT_LIMIT - Buffer.byteLength(JSON.stringify(rest));
    return {
      done: false,
      result: shortenResult(result, room),
      ...(result.error && { Error: result.error.name }),
    };
  }
  if (emptied.left === 0) return verdict(result);
  const why = emptied.refusals.join('; ') || 'they were written while the cleanup ran';
  return verdict({
    ...result,
    status: 'FAILED',
    error: result.error ?? { name: RUN_ERRORS.cleanup, message: `${emptied.left} objects are left: ${why}` },
  });
}

function verdict(result: RunResult): CleanupAnswer {
  if (!result.error) return { done: true, result: shortenResult(result, RESULT_LIMIT) };
  return { done: true, error: result.error.name, cause: JSON.stringify(shortenResult(result, CAUSE_LIMIT)) };
}

function isKept(input: unknown): boolean {
  return isObject(input) && input['keep'] === true;
}
