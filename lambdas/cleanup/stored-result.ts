/**
 * The result of a run, kept in its own prefix while that is being emptied.
 *
 * Everything that a result tells is in the records, and those go. So the result is written before the first deletion
 * and deleted after the last one: whoever cleans up after a crash, a lost answer or an abort finds either all records or
 * the result. It is read for the execution that wrote it only: another's says nothing of this one.
 */

import { ContractError } from '../../state-machines/contract/errors.ts';
import { type RunId, resultRecordKey } from '../../state-machines/contract/keys.ts';
import { parseResultRecord, type ResultRecord } from '../../state-machines/contract/records.ts';
import type { SmallObjects } from '../storage/small-objects.ts';

/** @returns undefined where that execution has not begun to delete, or has deleted everything */
export async function storedResult(
  objects: SmallObjects,
  run: RunId,
  execution: string,
): Promise<ResultRecord | undefined> {
  const key = resultRecordKey(run);
  const text = await objects.getText(key);
  if (text === undefined) return undefined;
  try {
    const record = parseResultRecord(text, key);
    return record.execution === execution ? record : undefined;
  } catch (error) {
    // As good as none: it must not keep the run from being cleaned up.
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

export async function storeResult(objects: SmallObjects, run: RunId, record: ResultRecord): Promise<void> {
  await objects.putJson(resultRecordKey(run), record);
}
