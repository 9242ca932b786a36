import type { Buckets } from './store.ts';

/** The environment variables that the stack gives to every function of a pipeline. */
export const ENVIRONMENT = { runsBucket: 'EBBTIDE_RUNS_BUCKET', resultsBucket: 'EBBTIDE_RESULTS_BUCKET' } as const;

export function bucketsFromEnvironment(): Buckets {
  return { runs: required(ENVIRONMENT.runsBucket), results: required(ENVIRONMENT.resultsBucket) };
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set; the Pipeline construct sets it`);
  return value;
}
