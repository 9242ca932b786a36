/**
 * Names that come from outside (pipelines, tasks, outputs, run ids) and the rules they keep.
 *
 * Every name ends up as one segment of an S3 key, so none may hold a `/`, be empty, or be `.` or `..`. The rules below
 * are stricter: they are also what Step Functions allows with CloudWatch logging switched on
 * (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
 */

import { show } from './show.ts';

export interface NameRule {
  readonly pattern: RegExp;
  /** The rule in words, to be put behind "must". */
  readonly inWords: string;
}

const LETTER_FIRST: NameRule = {
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
  inWords: 'start with a letter and hold only letters, digits, "-" and "_", 63 characters at the most',
};

export const PIPELINE_NAME: NameRule = LETTER_FIRST;
export const TASK_NAME: NameRule = LETTER_FIRST;
export const OUTPUT_NAME: NameRule = LETTER_FIRST;

/** A run id is the execution's name, so it may be as long as one. */
export const RUN_ID: NameRule = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/,
  inWords: 'start with a letter or a digit and hold only letters, digits, "-" and "_", 80 characters at the most',
};

/** A chunk's id is one segment of a key too, and may be a number or a date. */
export const CHUNK_ID: NameRule = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  inWords: 'start with a letter or a digit and hold only letters, digits, ".", "-" and "_", 64 characters at the most',
};

export function isName(rule: NameRule, name: unknown): name is string {
  return typeof name === 'string' && rule.pattern.test(name);
}

/** "run id" + "a b" → what is wrong with it and what is allowed. */
export function explainName(what: string, rule: NameRule, given: unknown): string {
  return `the ${what} ${show(given)} is not allowed: it must ${rule.inWords}`;
}
