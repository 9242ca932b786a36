/** What is noted of an execution as it begins: enough to finalize it without the process that began it. */

import { randomUUID } from 'node:crypto';
import type { KnownToCleanup } from '../../state-machines/compiler/machine/run-end.ts';
import { isName, RUN_ID } from '../../state-machines/contract/names.ts';
import { isObject } from '../../state-machines/contract/objects.ts';

export interface ExecutionRecord extends KnownToCleanup {
  readonly name: string;
  readonly input: unknown;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The folder from which it was started: where its pipeline is looked for. */
  readonly project: string;
  /** The folder of the handlers; absent where they were functions of the process. */
  readonly handlers?: string;
  readonly keepOnFailureSeconds?: number;
  /** The tasks after the execution, where there are any. */
  readonly afterExecution?: readonly string[];
  /** The folder that is made for it, outside the run's. */
  readonly temporary: string;
  /** In the environment of the processes that run its functions. */
  readonly mark: string;
}

/** A mark that no other process on earth has. */
export function newMark(): string {
  return randomUUID();
}

/** Of the folder for temporary files that an execution with this mark makes. */
export function temporaryName(mark: string): string {
  return `ebbtide-${mark}`;
}

export function isExecutionRecord(value: unknown): value is ExecutionRecord {
  return (
    isObject(value) &&
    isName(RUN_ID, value['name']) &&
    typeof value['mark'] === 'string' &&
    typeof value['temporary'] === 'string' &&
    isObject(value['tasks'])
  );
}
