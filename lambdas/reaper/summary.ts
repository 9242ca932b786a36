/**
 * What a visit of the reaper found and did. Each run that holds anything counts once; an execution that left nothing, but
 * whose tasks after it have not run, is an orphan besides.
 */
export interface ReapSummary {
  /** Runs whose execution, or its finalizer, is running. */
  readonly active: number;
  /** Runs that are over and whose data stays until their lease ends. */
  readonly kept: number;
  /** Runs that were over and finalized, of which late writers had left something: it was deleted. */
  readonly released: number;
  /** Runs whose lease was over: they were deleted. */
  readonly expired: number;
  /** Runs whose ending nobody had seen to: they were finalized, or deleted where their execution is not known any more. */
  readonly orphansFound: number;
  /** Runs, or other things where runs should be, that nothing could be done about: the log says why. */
  readonly failed: number;
}
