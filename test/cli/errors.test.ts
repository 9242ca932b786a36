import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOf, exitCodeOf, renderError } from '../../cli/render/error.ts';
import { TaskGraph, UsageError } from '../../state-machines/index.ts';
import { ebbtide, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const style = (_: unknown, text: string) => text;
const plain = { verbose: false, json: false, style };

describe('--verbose', () => {
  it.each([
    ['before the command', ['--verbose', 'plan', 'flihts']],
    ['behind it', ['plan', '--verbose', 'flihts']],
    ['at the end', ['plan', 'flihts', '--verbose']],
  ])('%s prints the stack behind the error', async (_, args) => {
    const { exitCode, stderr } = await ebbtide(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^UnknownPipeline: .*\nmore: .*\n\nUsageError: .*\n {4}at /);
  });

  it('prints the stacks of causes too, whatever they are', () => {
    const error = new UsageError('PipelineInvalid', 'it does not load', { cause: new TypeError('no such thing') });
    expect(renderError(error, { ...plain, verbose: true })).toMatch(
      /\n {4}at .*\ncaused by TypeError: no such thing\n {4}at /s,
    );
    expect(renderError(new Error('one', { cause: 'two' }), { ...plain, verbose: true })).toContain("caused by 'two'");
    expect(renderError(error, plain)).not.toMatch(/ at |caused by/);
  });

  it('is in the help of each command', async () => {
    const { stdout } = await ebbtide('run', '--help');
    expect(stdout).toContain('--verbose');
  });
});

describe('--json', () => {
  it('makes an error one line of JSON on stderr', async () => {
    const { stdout, stderr } = await ebbtide('plan', 'flihts', '--json');
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stderr)).toEqual({
      code: 'UnknownPipeline',
      message: expect.stringContaining('"flihts"'),
      docs: 'docs/errors.md#unknownpipeline',
    });
  });

  it('has the problems of a graph, each with its code', () => {
    const error = thrown(() => new TaskGraph('a b').build());
    expect(JSON.parse(renderError(error, { ...plain, json: true }))).toMatchObject({
      code: 'GraphError',
      problems: [{ code: 'InvalidName' }, { code: 'EmptyGraph' }],
      docs: 'docs/errors.md#graphs',
    });
  });
});

describe('the code', () => {
  it('of a graph with one problem leads to that', () => {
    expect(
      renderError(
        thrown(() => new TaskGraph('a').build()),
        plain,
      ),
    ).toMatch(/more: .*#emptygraph$/);
  });

  it.each([
    ['an error of AWS', Object.assign(new Error('not allowed'), { code: 'AwsDenied' }), 'AwsDenied', 1],
    ['wrong use', new UsageError('InvalidOption', 'no'), 'InvalidOption', 2],
    ['what the system refuses', thrown(() => mkdirSync(join(folder, 'no', 'such', 'folder'))), 'SystemError', 1],
    ['an error of ours', new TypeError('x is undefined'), 'Unexpected', 1],
    ['what is no error', { thrown: 'away' }, 'Unexpected', 1],
    ['nothing', undefined, 'Unexpected', 1],
  ])('%s has a code and an exit code', (_, error, code, exitCode) => {
    expect({ code: codeOf(error), exitCode: exitCodeOf(error) }).toEqual({ code, exitCode });
    expect(renderError(error, plain)).toMatch(new RegExp(`^${code}: `));
  });

  it('of a full disk comes with what helps', () => {
    const error = thrown(() => writeFileSync('/dev/full', 'a row'));
    expect(renderError(error, plain)).toContain('ENOSPC: no space left on device, write; the disk is full');
  });
});

describe('the process', () => {
  const node = (preload: string, ...args: string[]) =>
    spawnSync(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, MAIN, ...args], {
      encoding: 'utf8',
    });

  it('says that its Node.js is too old before it reads anything that such a one could not', () => {
    const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })`;
    const { status, stderr } = node(old, 'plan', 'flights');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^NodeTooOld: ebbtide needs Node\.js 24/),
    });
  });

  it.each([
    'setImmediate(() => { throw new Error("nobody catches it"); })',
    'Promise.reject(new Error("nobody catches it"))',
  ])('tells what nobody waited for as any other error: %s', (oops) => {
    const { status, stderr } = node(
      `setTimeout(() => { ${oops} }, 300); setTimeout(() => {}, 5_000);`,
      'plan',
      'flights',
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Unexpected: nobody catches it\nEbbtide did not expect that.*\nmore: .*#unexpected\n$/);
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
