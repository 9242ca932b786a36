/** Errors as the command line tells them: a code, what is wrong, and where to read more. Stacks only where asked for. */

import { inspect } from 'node:util';
import { type CliErrorCode, ERROR_CODES } from '../../state-machines/contract/error-codes.ts';
import { ContractError, UsageError } from '../../state-machines/contract/errors.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import { GraphError } from '../../state-machines/graph/errors.ts';
import { EXIT } from '../exit.ts';
import { pageOf } from '../own-package.ts';
import { printable, printableJson } from '../printable.ts';
import type { StyleText } from '../terminal.ts';
import { fromHere } from './hints.ts';

export interface ErrorStyle {
  /** With the stack, and those of its causes. */
  readonly verbose: boolean;
  /** One line of JSON. */
  readonly json: boolean;
  readonly style: StyleText;
}

/** @returns the line or lines to print, without the last line's end */
export function renderError(error: unknown, { verbose, json, style }: ErrorStyle): string {
  const code = codeOf(error);
  const docs = docsOf(code, error);
  const stack = verbose ? stackOf(error) : undefined;
  if (json) {
    const problems = error instanceof GraphError ? { problems: error.problems } : {};
    return printableJson({
      code,
      message: messageOf(error),
      ...problems,
      docs,
      ...(stack !== undefined && { stack }),
    });
  }
  const message = printable(error instanceof GraphError ? error.message : messageOf(error));
  const head = error instanceof GraphError ? message : `${style('red', code)}: ${message}`;
  return [
    head,
    ...adviceFor(code, verbose),
    style('dim', `more: ${docs}`),
    ...(stack ? ['', printable(stack)] : []),
  ].join('\n');
}

export function exitCodeOf(error: unknown): number {
  const isWrongUse = error instanceof UsageError || error instanceof GraphError || error instanceof ContractError;
  return isWrongUse || codeOf(error) === 'InvalidCommand' ? EXIT.wrongUse : EXIT.runFailed;
}

/** The code of an error of ours; `SystemError` for one of the operating system. */
export function codeOf(error: unknown): string {
  if (error instanceof GraphError) return error.name;
  if (!(error instanceof Error)) return 'Unexpected' satisfies CliErrorCode;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && ERROR_CODES.has(code)) return code;
  if (code !== undefined && syscall !== undefined) return 'SystemError' satisfies CliErrorCode;
  return 'Unexpected' satisfies CliErrorCode;
}

/** What a machine that is full or locked needs; https://nodejs.org/api/errors.html#common-system-errors */
const SYSTEM_ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'you may not read or write there: change its permissions, or name another folder with --dir',
  EADDRNOTAVAIL: 'no port of this machine could be opened',
  EDQUOT: 'your quota of that disk is used up: free some, or name a folder on another disk with --dir (and TMPDIR)',
  EMFILE: 'too many files are open: raise the limit with ulimit -n, or run fewer things at once',
  ENOSPC: 'the disk is full: free some space, or name a folder on another disk with --dir (and TMPDIR)',
  EPERM: 'you may not do that there: change its permissions, or name another folder with --dir',
  EROFS: 'that disk is read-only: name another folder with --dir',
};

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `${inspect(error)} was thrown, which is no error`;
  const { code, message } = error as NodeJS.ErrnoException;
  const advice = codeOf(error) === 'SystemError' ? SYSTEM_ADVICE[code ?? ''] : undefined;
  return advice ? `${message}; ${advice}` : message || error.name;
}

function adviceFor(code: string, verbose: boolean): string[] {
  if (code !== 'Unexpected') return [];
  const how = verbose
    ? 'report it with what stands below'
    : 'report it with what the same command prints with --verbose';
  return [`Ebbtide did not expect that, so it is most likely a mistake of Ebbtide's, not of yours: ${how}`];
}

/** A path from here, or the whole one where it does not lie below: what a terminal or an editor opens. */
function docsOf(code: string, error: unknown): string {
  const anchors = error instanceof GraphError ? [...new Set(error.problems.map((problem) => problem.code))] : [code];
  return `${fromHere(pageOf('errors.md'))}#${anchorOf(anchors.length === 1 ? (anchors[0] ?? code) : 'graphs')}`;
}

/** Of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const { stack = `${error.name}: ${error.message}`, cause } = error;
  if (cause === undefined) return stack;
  return `${stack}\ncaused by ${cause instanceof Error || isObject(cause) ? stackOf(cause) : inspect(cause)}`;
}
