/** The names of the states around the tasks. A task is a state of its own name, so none may have one of these. */
export const STATES = {
  run: 'Run',
  notes: 'Notes from records',
  anyFailure: 'Any failure?',
  errors: 'Errors',
  finally: 'Finally',
  afterExecution: 'After execution',
  cleanup: 'Cleanup',
  cleanupFromRecords: 'Cleanup from records',
  cleanupFailed: 'Cleanup failed',
  verdict: 'Verdict',
  succeeded: 'Succeeded',
  failed: 'Failed',
} as const;
