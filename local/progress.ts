/** What a local run tells while it goes on. */

import type { FailureInfo, RunResult } from '../state-machines/contract/result.ts';

export type ProgressEvent =
  | {
      readonly type: 'run-started';
      readonly pipeline: string;
      readonly run: string;
      readonly folder: string;
      readonly tasks: readonly string[];
    }
  | { readonly type: 'synthesis-started' }
  | { readonly type: 'attempt-started'; readonly task: string; readonly attempt: number }
  | { readonly type: 'attempt-succeeded'; readonly task: string; readonly attempt: number; readonly durationMs: number }
  | {
      readonly type: 'attempt-failed';
      readonly task: string;
      readonly attempt: number;
      readonly durationMs: number;
      readonly error: FailureInfo;
    }
  | { readonly type: 'cleanup-started' }
  | {
      readonly type: 'run-ended';
      readonly folder: string;
      readonly result: RunResult;
      readonly results: readonly ResultFile[];
    };

/** A durable output, as a file here. */
export interface ResultFile {
  readonly task: string;
  readonly output: string;
  readonly path: string;
  readonly bytes: number;
  readonly rows?: number;
}

export type OnProgress = (event: ProgressEvent) => void;
