/** The environment variables that the stack gives to the functions of a pipeline. */
export const ENVIRONMENT = {
  runsBucket: 'EBBTIDE_RUNS_BUCKET',
  resultsBucket: 'EBBTIDE_RESULTS_BUCKET',
  /** Tells one deployment of a pipeline from another in an account, for metrics. */
  deployment: 'EBBTIDE_DEPLOYMENT',
  /** Of a task's function: which task it is for. */
  task: 'EBBTIDE_TASK',
  /** Of the functions that know no graph. */
  pipeline: 'EBBTIDE_PIPELINE',
  /** Of the reaper: the ARNs of the pipeline's state machine and of its finalizer. */
  stateMachine: 'EBBTIDE_STATE_MACHINE',
  finalizer: 'EBBTIDE_FINALIZER',
  /** Of the reaper, where the pipeline has tasks that run after an execution: `yes`. */
  afterExecution: 'EBBTIDE_AFTER_EXECUTION',
  /** Of the reaper, where the pipeline has errors or finally tasks: `yes`. */
  hooks: 'EBBTIDE_HOOKS',
} as const;
