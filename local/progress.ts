/** What a local run tells while it goes on. */

import type { FailureInfo, RunResult } from '../state-machines/contract/result.ts';
import type { HookKind } from '../state-machines/graph/declarations.ts';
import type { Denial } from './iam/denial.ts';

export type ProgressEvent =
  | {
      readonly type: 'run-started';
      readonly pipeline: string;
      readonly run: string;
      readonly folder: string;
      readonly tasks: readonly string[];
    }
  | { readonly type: 'synthesis-started' }
  | ({ readonly type: 'attempt-started' } & AttemptOf)
  | ({ readonly type: 'attempt-succeeded'; readonly durationMs: number } & AttemptOf)
  | ({ readonly type: 'attempt-failed'; readonly durationMs: number; readonly error: FailureInfo } & AttemptOf)
  /** A chunk-parallel task begins with this many chunks. */
  | { readonly type: 'chunks-started'; readonly task: string; readonly count: number }
  | { readonly type: 'cleanup-started' }
  /** AWS would deny a call, and so it was denied here. Each is told once. */
  | { readonly type: 'denied'; readonly denial: Denial }
  /** `@cloud-copilot/iam-simulate` is not installed: everything was allowed. */
  | { readonly type: 'permissions-not-checked' }
  | {
      readonly type: 'run-ended';
      readonly folder: string;
      readonly result: RunResult;
      readonly results: readonly ResultFile[];
      /** Failures that were to be injected and met no attempt: `task`, or `task/chunk`. */
      readonly unreached: readonly string[];
    };

/** Which attempt it is: of a task or a hook, or of some chunks of a task. */
export interface AttemptOf {
  readonly task: string;
  readonly attempt: number;
  /** Of a hook: its kind. */
  readonly hook?: HookKind;
  /** Of a chunk-parallel task: the ids of the chunks that this attempt carries out. */
  readonly chunks?: readonly string[];
  /** Of a chunk-parallel task: the attempt that makes its chunks' outputs its own. */
  readonly gather?: true;
}

/** A durable output, as a file here. */
export interface ResultFile {
  readonly task: string;
  readonly output: string;
  /** Of a chunk-parallel task: the chunk that wrote it. */
  readonly chunk?: string;
  readonly path: string;
  readonly bytes: number;
  readonly rows?: number;
}

export type OnProgress = (event: ProgressEvent) => void;
