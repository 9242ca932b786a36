/**
 * What happens in a run, as it happens: the one form in which a run is followed, shown and reported, whether it is told
 * by the interpreter here or read out of an execution history on AWS. One JSON object a line is what `--json` prints.
 */

import type { FailureInfo, RunResult, RunStatus } from '../state-machines/contract/result.ts';
import type { HookKind } from '../state-machines/graph/declarations.ts';

export type RunEvent = {
  /** When, ISO 8601 with milliseconds, by the clock of whoever carries the run out. */
  readonly at: string;
} & UntimedEvent;

export interface AttemptFailure {
  readonly error: FailureInfo;
  /** Where in the sources of the package, `lambdas/sales/total.ts:12:9`, as far as that is known. */
  readonly place?: string;
}

/** Those of one type. */
export type RunEventOf<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

export type UntimedEvent =
  | {
      readonly type: 'run-started';
      readonly pipeline: string;
      readonly run: string;
      /** The execution, where it is not the one of the run's name: it resumes the run. */
      readonly execution?: string;
      readonly input: unknown;
      readonly tasks: readonly string[];
      /** Here: the run's folder. */
      readonly folder?: string;
      /** On AWS: the execution's ARN. */
      readonly executionArn?: string;
    }
  /** Here, before anything of the run begins. */
  | { readonly type: 'synthesis-started' }
  | ({ readonly type: 'attempt-started' } & AttemptOf)
  | ({ readonly type: 'attempt-succeeded' } & AttemptOf & AttemptFigures)
  | ({ readonly type: 'attempt-failed'; readonly durationMs: number } & AttemptFailure & AttemptOf)
  /** A chunk-parallel task begins with this many chunks; 0 also where that is not known yet, and `chunks-counted` tells it. */
  | { readonly type: 'chunks-started'; readonly task: string; readonly count: number }
  /** How far the chunks are of which each attempt is not told: on AWS those of a Distributed Map. */
  | {
      readonly type: 'chunks-counted';
      readonly task: string;
      readonly succeeded: number;
      readonly failed: number;
      /** How many there are. @default as `chunks-started` told */
      readonly total?: number;
    }
  /** The cleanup is called; again with `cleanup-ended` of the call before where it takes more than one. */
  | { readonly type: 'cleanup-started' }
  /** @see CleanupEnded */
  | ({ readonly type: 'cleanup-ended' } & CleanupEnded)
  /** The execution is over; hooks and a cleanup that it did not come to are still to run, by its finalizer. */
  | { readonly type: 'execution-ended'; readonly status: RunStatus; readonly error?: FailureInfo }
  /** Here: AWS would deny a call, and so it was denied here. Each is told once. */
  | { readonly type: 'denied'; readonly denial: Denial }
  /** Here: `@cloud-copilot/iam-simulate` is not installed, so everything was allowed. */
  | { readonly type: 'permissions-not-checked' }
  /** The last one: nothing of the run is left to do. */
  | {
      readonly type: 'run-ended';
      readonly result: RunResult;
      /** Here: the run's folder. */
      readonly folder?: string;
      /** Here: the durable outputs, as files. */
      readonly results?: readonly ResultFile[];
      /** Here: the page that shows how the run went. */
      readonly report?: string;
      /** Here: failures that were to be injected and met no attempt: `task`, or `task/chunk`. */
      readonly unreached?: readonly string[];
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

/** What the function answered. */
export interface AttemptFigures {
  /** From its start to its end, as whoever called the function saw it. */
  readonly durationMs: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  /** It had committed before this attempt, which did no work: in a resumed run by an earlier execution. */
  readonly committedBefore?: true;
  /** The outputs that went because this was the last task to read them, `task.output`, and their bytes. */
  readonly released?: Readonly<Record<string, number>>;
}

export interface CleanupEnded {
  /** Whether nothing is left to do; otherwise it is called again. */
  readonly done: boolean;
  /** How many objects of the run are there still, where it is done: kept ones, or such as could not be deleted. */
  readonly left?: number;
}

export interface Denial {
  /** Whose call it was, in the user's words: `task "aggregate"`. */
  readonly who: string;
  readonly role: string;
  /** Such as `s3:GetObject`; for a request that no action is known for, the request. */
  readonly action: string;
  /** An ARN, with the names that buckets have here. */
  readonly resource: string;
  /** Whole sentences, with what would allow it. */
  readonly message: string;
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
