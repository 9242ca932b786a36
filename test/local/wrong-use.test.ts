import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { TaskGraph, UsageError, type UsageErrorCode } from '../../state-machines/index.ts';
import { diamond, diamondHandlers, temporaryFolder } from './fixtures.ts';

const dir = temporaryFolder();
const { plan } = diamond();
const { extract: _, ...withoutExtract } = diamondHandlers;
const circular: Record<string, unknown> = {};
circular['itself'] = circular;

async function refusalOf(options: Partial<RunLocallyOptions>, of = plan): Promise<UsageError> {
  const error = await runLocally(of, { handlers: diamondHandlers, dir: join(dir, 'refused'), ...options }).catch(
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(UsageError);
  return error;
}

describe('wrong use', () => {
  it.each<[string, Partial<RunLocallyOptions>, UsageErrorCode, string]>([
    ['a failure of an unknown task', { fail: 'agregate' }, 'UnknownTask', 'did you mean "aggregate"?'],
    [
      'a failure of a task that is nothing like any',
      { fail: 'x' },
      'UnknownTask',
      'extract, aggregate, enrich, merge-load',
    ],
    ['a failure of no task', { fail: '' }, 'UnknownTask', 'extract, aggregate, enrich, merge-load'],
    ['a failure no times', { fail: 'aggregate:0' }, 'InvalidOption', '"0"'],
    ['a failure an odd number of times', { fail: 'aggregate:1.5' }, 'InvalidOption', '"1.5"'],
    ['a failure without the times', { fail: 'aggregate::Odd' }, 'InvalidOption', 'task:times:ErrorName'],
    ['a failure with no error name', { fail: 'aggregate:1:' }, 'InvalidOption', 'task:times:ErrorName'],
    ['a failure with a bad error name', { fail: 'aggregate:1:a b' }, 'InvalidOption', '"a b"'],
    ['a failure with too much in it', { fail: 'aggregate:1:A:B' }, 'InvalidOption', '"A:B"'],
    ['one bad failure among good ones', { fail: ['extract', 'nope'] }, 'UnknownTask', '"nope"'],
    ['a run id with a slash', { run: 'a/b' }, 'InvalidRunId', '"a/b"'],
    ['a run id that leads elsewhere', { run: '..' }, 'InvalidRunId', '".."'],
    ['an empty run id', { run: '' }, 'InvalidRunId', '""'],
    ['a run id that is too long', { run: 'a'.repeat(81) }, 'InvalidRunId', '80 characters'],
    ['a missing handler', { handlers: withoutExtract }, 'HandlerMissing', '"extract"'],
    ['no handlers at all', { handlers: {} }, 'HandlerMissing', '"extract", "aggregate", "enrich", "merge-load"'],
    ['an input that is a function', { input: () => 1 }, 'InvalidInput', 'JSON'],
    ['an input with a BigInt', { input: { count: 1n } }, 'InvalidInput', 'JSON'],
    ['an input that contains itself', { input: circular }, 'InvalidInput', 'JSON'],
    ['an input that is too large', { input: 'ü'.repeat(140_000) }, 'InvalidInput', '262144'],
    ['a keep in the input that is no boolean', { input: { keep: 'yes' } }, 'InvalidInput', '"keep": "yes"'],
    [
      'a handler that is none',
      { handlers: { ...diamondHandlers, extract: 7 as never } },
      'HandlerInvalid',
      'is 7; give',
    ],
    ['keep with an input that is no object', { input: [], keep: true }, 'InvalidInput', 'object'],
  ])('%s is refused, with what was given or what is allowed', async (_title, options, code, words) => {
    const error = await refusalOf(options);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(existsSync(join(dir, 'refused'))).toBe(false);
  });

  it('a run id that was used before is refused, with the folder to delete', async () => {
    const options = { run: 'once', dir: join(dir, 'used') };
    await runLocally(plan, { handlers: diamondHandlers, waits: 'none', ...options });
    const error = await refusalOf(options);
    expect(error.code).toBe('RunExists');
    expect(error.message).toContain(join(dir, 'used', 'diamond', 'once'));
  });

  it('a task with the name of something that every object has needs a handler too', async () => {
    const graph = new TaskGraph('odd');
    graph.addTask('constructor');
    graph.addTask('toString');
    const error = await refusalOf({ handlers: {} }, graph.build());
    expect(error.code).toBe('HandlerMissing');
  });

  it('a folder without handlers is refused, naming all of them, and the run id is still free', async () => {
    const handlers = join(dir, 'handlers');
    mkdirSync(handlers);
    writeFileSync(join(handlers, 'extract.ts'), 'export const handler = () => undefined;');
    const error = await refusalOf({ handlers, dir: join(dir, 'half'), run: 'again' });
    expect(error.code).toBe('HandlerMissing');
    for (const name of ['aggregate', 'enrich', 'merge-load'])
      expect(error.message).toContain(join(handlers, `${name}.ts`));
    expect(error.message).not.toContain('"extract"');
    const left = existsSync(join(dir, 'half')) ? readdirSync(join(dir, 'half'), { recursive: true }) : [];
    expect(left).toEqual([]);
    const result = await runLocally(plan, { handlers: diamondHandlers, dir: join(dir, 'half'), run: 'again' });
    expect(result.status).toBe('SUCCEEDED');
  });
});
