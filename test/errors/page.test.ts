import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AWS_CODES, ERROR_CODES } from '../../state-machines/contract/error-codes.ts';
import { PROVOKED, provoke } from './provoked.ts';

const REPO = join(import.meta.dirname, '../..');
const page = readFileSync(join(REPO, 'docs/errors.md'), 'utf8');

/** By code: what stands under its heading. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);
const example = (code: string) => /```text\n(.*?)\n```/s.exec(sections.get(code) ?? '')?.[1];

function textOf(pattern: string, without: (file: string) => boolean = () => false): string {
  const files = globSync(pattern, { cwd: REPO }).filter((file) => !without(file));
  return files.map((file) => readFileSync(join(REPO, file), 'utf8')).join('\n');
}
const isRegistry = (file: string) => file.endsWith('error-codes.ts');
const sources = textOf('{state-machines,history,lambdas,infra,local,aws,cli}/**/*.ts', isRegistry);
const tests = textOf('test/**/*.ts');
const names = (code: string) => new RegExp(`(?<![\\w.])${code.replaceAll('.', '\\.')}(?![\\w])`);

/** Those of AWS are where the command line asks it. */
const hasAws = existsSync(join(REPO, 'aws/errors.ts'));
const codes = [...ERROR_CODES].filter((code) => hasAws || !AWS_CODES.some((one) => one === code));

describe('docs/errors.md', () => {
  it('tells each code, and no other', () => {
    expect([...sections.keys()].toSorted()).toEqual([...ERROR_CODES].toSorted());
  });

  it.each([...ERROR_CODES])('says of %s what it means and what to do', (code) => {
    expect(sections.get(code)).toMatch(/^\S+\n\n[A-Z`][\s\S]+\*What to do:\* [A-Z`]/);
  });

  it.each(Object.keys(PROVOKED))('shows %s as it is printed', async (code) => {
    expect(example(code)).toBe(await provoke(code));
  });
});

describe('each code', () => {
  it.each(codes)('%s is met in the sources', (code) => {
    expect(names(code).test(sources)).toBe(true);
  });

  it.each(codes)('%s is met by a test', (code) => {
    expect(names(code).test(tests)).toBe(true);
  });
});

it('an error that has a name of its own has a code, unless nobody outside meets it', () => {
  const internal = ['OutOfTime'];
  // Whose code is not their name.
  const classes = ['ContractError', 'GraphError', 'UsageError', 'AwsError', 'ReaperError'];
  const named = [
    ...sources.matchAll(/override readonly name = '([\w.]+)'|(?:LambdaError|statesError)\(\s*'([\w.]+)'/g),
  ];
  const unknown = named
    .map(([, own, given]) => own ?? given ?? '')
    .filter((name) => !ERROR_CODES.has(name) && !internal.includes(name) && !classes.includes(name));
  expect(unknown).toEqual([]);
});
