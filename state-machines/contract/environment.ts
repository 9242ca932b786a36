/** The environment variables that the stack gives to the functions of a pipeline. */
export const ENVIRONMENT = {
  runsBucket: 'EBBTIDE_RUNS_BUCKET',
  resultsBucket: 'EBBTIDE_RESULTS_BUCKET',
  /** Of a task's function: which task it is for. */
  task: 'EBBTIDE_TASK',
  /** Of the functions that know no graph. */
  pipeline: 'EBBTIDE_PIPELINE',
} as const;
