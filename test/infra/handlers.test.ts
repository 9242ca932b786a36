import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findHandlerFiles } from '../../infra/bundling/handler-files.ts';
import { Pipeline } from '../../infra/index.ts';
import { Plan } from '../../state-machines/graph/plan.ts';
import { TaskGraph, UsageError } from '../../state-machines/index.ts';
import {
  bundleOf,
  newStack,
  type Synthesized,
  synthesize,
  temporaryFolder,
  writeHandlers,
  writeTinyHandlers,
} from './fixtures.ts';
import { plan } from './graph.ts';

const folder = temporaryFolder();
const temporary = join(folder, 'tmp');
const FUNCTIONS = ['extract', 'aggregate', 'merge-load', 'Cleanup'];

beforeEach(() => {
  mkdirSync(temporary, { recursive: true });
  vi.stubEnv('TMPDIR', temporary);
});

afterEach(() => {
  rmSync(temporary, { recursive: true });
  vi.unstubAllEnvs();
});

function refusalOf(handlers: string): UsageError {
  try {
    new Pipeline(newStack(join(folder, 'refused')), 'Trips', { plan, handlers });
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a task without a handler file', () => {
  it('is refused with every task that has none, and the path that was looked for', () => {
    const handlers = join(folder, 'one');
    mkdirSync(handlers);
    writeFileSync(join(handlers, 'extract.ts'), 'export const handler = () => 1;');
    const { code, message } = refusalOf(handlers);
    expect(code).toBe('HandlerMissing');
    expect(message).toContain(`"aggregate": looked for ${join(handlers, 'aggregate.ts')}`);
    expect(message).toContain(`"merge-load": looked for ${join(handlers, 'merge-load.ts')}`);
    expect(message).not.toContain('"extract"');
  });

  it('is refused where the whole folder is not there', () => {
    const { code, message } = refusalOf(join(folder, 'nowhere'));
    expect(code).toBe('HandlerMissing');
    for (const { name } of plan.tasks) expect(message).toContain(join(folder, 'nowhere', `${name}.ts`));
    expect(message).toContain(`there is no folder ${join(folder, 'nowhere')}`);
    expect(refusalOf('lib/nowhere').message).toContain(`from the working directory, ${process.cwd()}`);
  });

  it.each(['ts', 'mts', 'js', 'mjs'])('may have it as .%s', (extension) => {
    const handlers = join(folder, extension);
    mkdirSync(handlers);
    writeFileSync(join(handlers, `extract.${extension}`), '');
    const extractOnly = new Plan('trips', plan.tasks.slice(0, 1));
    expect(findHandlerFiles(handlers, extractOnly)).toEqual({ extract: join(handlers, `extract.${extension}`) });
  });
});

describe('a bundle', () => {
  let synthesized: Synthesized;

  beforeAll(() => {
    synthesized = synthesize(join(folder, 'out'), { handlers: writeHandlers(join(folder, 'handlers')) });
  });

  it.each(FUNCTIONS)('of %s is at most 570,000 bytes, source maps apart', (name) => {
    const code = bundleOf(synthesized, name).filter(({ file }) => file.endsWith('.mjs'));
    expect(code.map(({ file }) => file)).toContain(`${name}.mjs`);
    expect(code.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(570_000);
  });

  it.each(FUNCTIONS)('of %s has modules and the source maps that they name, and nothing else', (name) => {
    const bundle = bundleOf(synthesized, name);
    const modules = bundle.filter(({ file }) => file.endsWith('.mjs'));
    const mapped = modules.filter(({ text }) => text().includes('//# sourceMappingURL='));
    for (const { file, text } of mapped)
      expect(text().trimEnd().endsWith(`//# sourceMappingURL=${file}.map`)).toBe(true);
    expect(mapped.map(({ file }) => file)).toContain(`${name}.mjs`);
    expect(bundle.map(({ file }) => file).toSorted()).toEqual(
      [...modules.map(({ file }) => file), ...mapped.map(({ file }) => `${file}.map`)].toSorted(),
    );
  });

  it.each([
    ['extract', true],
    ['aggregate', false],
    ['merge-load', true],
    ['Cleanup', false],
  ])('of %s: parquet is in it: %s', (name, expected) => {
    const modules = bundleOf(synthesized, name).filter(({ file }) => file.endsWith('.mjs'));
    expect(modules.some(({ text }) => text().includes('PAR1'))).toBe(expected);
  });

  it('has every module that one of its modules imports, codecs of other formats apart', () => {
    for (const name of FUNCTIONS) {
      const bundle = bundleOf(synthesized, name);
      const files = new Set(bundle.map(({ file }) => file));
      for (const { file, text } of bundle.filter((entry) => entry.file.endsWith('.mjs'))) {
        const imported = [...text().matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.mjs)"/g)].map(([, path]) => path ?? '');
        expect({ file, missing: imported.filter((path) => !files.has(path)) }).toEqual({ file, missing: [] });
      }
    }
  });

  it('has the data files that its handler imports', () => {
    const handlers = writeTinyHandlers(join(folder, 'data'), plan);
    writeFileSync(join(handlers, 'cities.csv'), 'city\nOslo\n');
    writeFileSync(
      join(handlers, 'extract.ts'),
      `import { readFileSync } from 'node:fs'; import cities from './cities.csv';
       export const handler = () => readFileSync(new URL(cities, import.meta.url), 'utf8');`,
    );
    const withData = synthesize(join(folder, 'out-data'), { handlers });
    const data = bundleOf(withData, 'extract').filter(({ file }) => file.endsWith('.csv'));
    expect(data.map(({ text }) => text())).toEqual(['city\nOslo\n']);
    expect(bundleOf(withData, 'aggregate').map(({ file }) => file)).toEqual(['aggregate.mjs', 'aggregate.mjs.map']);
  });

  it('leaves nothing in the folder for temporary files, nor does one that cannot be made', () => {
    const handlers = writeTinyHandlers(join(folder, 'tidy'), plan);
    synthesize(join(folder, 'out-tidy'), { handlers });
    expect(readdirSync(temporary)).toEqual([]);

    writeFileSync(join(handlers, 'extract.ts'), `import './not-there.ts'; export const handler = () => 1;`);
    expect(() => synthesize(join(folder, 'out-broken'), { handlers })).toThrow('not-there');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('leaves nothing there either where the pipeline fails once it is made', () => {
    const fail = vi.spyOn(Code, 'fromAsset').mockImplementation(() => {
      throw new Error('on purpose');
    });
    const handlers = writeTinyHandlers(join(folder, 'failing'), plan);
    expect(() => synthesize(join(folder, 'out-failing'), { handlers })).toThrow('on purpose');
    fail.mockRestore();
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('a task may be called', () => {
  it.each([
    ['what another one is called, and more', ['parse', 'parseLogs', 'parseRole']],
    ['as the bundler calls its folder', ['all']],
    [
      'as another one but for a hyphen, as what every object has, as long as a name may be, or as a chunk of the bundle',
      ['a-b', 'a_b', 'constructor', 'toString', 'a'.repeat(63), `${'a'.repeat(62)}b`, 'chunk-ABCDEFGH'],
    ],
  ])('%s', (_, names) => {
    const graph = new TaskGraph('names');
    for (const name of names) graph.addTask(name);
    const tasks = graph.build();
    const handlers = writeTinyHandlers(join(folder, `names-${names[0]}`), tasks);
    const synthesized = synthesize(join(folder, `out-${names[0]}`), { plan: tasks, handlers });
    for (const name of names) {
      const [module] = bundleOf(synthesized, name).filter(({ file }) => file === `${name}.mjs`);
      expect(module?.text()).toContain(JSON.stringify(name));
    }
  });
});

it.each([
  ['.cjs', "exports.handler = () => 'done';"],
  ['.cjs', "module.exports = { handler: () => 'done' };"],
  ['.cts', "export const handler = () => 'done';"],
  ['.js', "const { basename } = require('node:path'); exports.handler = () => basename('done');"],
])('a handler may be a %s file: %s', async (extension, source) => {
  const graph = new TaskGraph('kinds');
  graph.addTask('only');
  const handlers = mkdtempSync(join(folder, 'kinds-'));
  writeFileSync(join(handlers, `only${extension}`), source);
  const synthesized = synthesize(mkdtempSync(join(folder, 'out-kinds-')), { plan: graph.build(), handlers });
  const unpacked = mkdtempSync(join(folder, 'unpacked-'));
  for (const { file, text } of bundleOf(synthesized, 'only')) writeFileSync(join(unpacked, file), text());
  const { handler } = await import(join(unpacked, 'only.mjs'));
  expect(handler()).toBe('done');
});
