import { readFileSync } from 'node:fs';
import { UsageError } from '../state-machines/contract/errors.ts';

/** package.json, cdk.json and their like. @throws UsageError where it is not JSON */
export function readJsonFile(file: string): unknown {
  try {
    // Editors on Windows may begin it with a byte order mark, which npm takes.
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError('InvalidOption', `${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
