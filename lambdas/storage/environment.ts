import { ENVIRONMENT } from '../../state-machines/contract/environment.ts';

/** @throws Error where the function was not set up by the Pipeline construct */
export function fromEnvironment(name: keyof typeof ENVIRONMENT): string {
  const value = process.env[ENVIRONMENT[name]];
  if (!value)
    throw new Error(`the environment variable ${ENVIRONMENT[name]} is not set; the Pipeline construct sets it`);
  return value;
}
