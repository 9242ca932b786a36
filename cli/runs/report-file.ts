import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunHistory } from '../../history/run-history.ts';
import { UsageError } from '../../state-machines/contract/errors.ts';

const HEAD_BYTES = 4_096;

/**
 * Where the page of a run goes.
 *
 * @param output a file, or a folder for it. @default in the run's folder; of a run on AWS in the working one
 * @returns a whole path
 * @throws UsageError where something else is there
 */
export function reportFile(output: string | undefined, { pipeline, run, folder }: RunHistory): string {
  const own = `${pipeline}-${run}.html`;
  if (output === undefined) return folder === undefined ? refuseOther(resolve(own)) : join(folder, 'report.html');
  if (output === '') throw new UsageError('InvalidOption', '--output: name a file, or - for stdout');
  const path = resolve(output);
  return refuseOther(existsSync(path) && statSync(path).isDirectory() ? join(path, own) : path);
}

/** A page of ours is written anew; nothing else is lost by a slip of the finger. */
function refuseOther(path: string): string {
  if (!existsSync(path) || isReport(path)) return path;
  throw new UsageError(
    'InvalidOption',
    `${path} is there already, and is no report of a run; name another file with -o, or delete that one`,
  );
}

function isReport(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, 'r');
  const length = readSync(file, head);
  closeSync(file);
  return length === 0 || head.toString('utf8', 0, length).includes('<meta name="generator" content="ebbtide">');
}
