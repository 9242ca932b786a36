import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadPipeline, pipelineNames } from '../../cli/pipelines.ts';
import { GraphError } from '../../state-machines/index.ts';
import { ebbtide, project, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');

const root = project(folder, {
  'state-machines/pipelines/good.ts': `import { TaskGraph } from EBBTIDE;
    const graph = new TaskGraph('good'); graph.addTask('only'); export const plan = graph.build();`,
  'state-machines/pipelines/cyclic.ts': `import { ref, TaskGraph } from EBBTIDE;
    const graph = new TaskGraph('cyclic');
    graph.addTask('a', { inputs: { x: ref('nowhere') } }); graph.addTask('b');
    graph.addDependency('a', 'b').addDependency('b', 'a');
    export const plan = graph.build();`,
  'state-machines/pipelines/planless.ts': 'export const graph = {};',
  'state-machines/pipelines/types.d.ts': 'export type Nothing = never;',
  'state-machines/pipelines/notes.md': 'no pipeline',
});

/** The command line in another folder, without leaving this one. */
async function ebbtideIn(cwd: string, ...args: string[]) {
  vi.spyOn(process, 'cwd').mockReturnValue(cwd);
  return ebbtide(...args);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a pipeline', () => {
  it('is found by the name of its file, its handlers in the folder of that name', async () => {
    const { plan, handlers } = await loadPipeline('good', root);
    expect(plan.pipeline).toBe('good');
    expect(handlers).toBe(join(root, 'lambdas', 'good'));
  });

  it('that is not there is refused with those that are', async () => {
    await expect(loadPipeline('zzzzzzzz', root)).rejects.toMatchObject({
      code: 'UnknownPipeline',
      message: expect.stringMatching(/there are: cyclic, good, planless$/),
    });
  });

  it('in a folder without any is refused with the folder', async () => {
    await expect(loadPipeline('good', join(root, 'elsewhere'))).rejects.toMatchObject({
      code: 'UnknownPipeline',
      message: expect.stringContaining(join(root, 'elsewhere/state-machines/pipelines')),
    });
  });

  it.each([
    ['that is no TypeScript', 'export const plan = ;'],
    ['that throws', "throw new Error('no luck');"],
    ['that imports what is not there', "import './nowhere.ts';"],
  ])('with a file %s is refused with the file and the reason', async (_, source) => {
    const broken = project(join(folder, 'broken', String(source.length)), {
      'state-machines/pipelines/broken.ts': source,
    });
    await expect(loadPipeline('broken', broken)).rejects.toMatchObject({
      code: 'PipelineInvalid',
      message: expect.stringContaining('broken.ts does not load'),
    });
  });

  it('whose graph has another name than its file is refused with both', async () => {
    const misnamed = project(join(folder, 'misnamed'), {
      'state-machines/pipelines/sales.ts': `import { TaskGraph } from ${JSON.stringify(join(import.meta.dirname, '../../state-machines/index.ts'))};
        const graph = new TaskGraph('orders');
        graph.addTask('extract');
        export const plan = graph.build();`,
    });
    await expect(loadPipeline('sales', misnamed)).rejects.toMatchObject({
      code: 'PipelineInvalid',
      message: expect.stringMatching(/sales\.ts is the pipeline "sales", and its graph is called "orders"/),
    });
  });

  it('whose file exports no plan is refused with what to export', async () => {
    await expect(loadPipeline('planless', root)).rejects.toMatchObject({
      code: 'PipelineInvalid',
      message: expect.stringContaining('export const plan = graph.build();'),
    });
  });

  it('whose graph has problems rejects with all of them', async () => {
    const error = await loadPipeline('cyclic', root).catch((cause) => cause);
    expect(error).toBeInstanceOf(GraphError);
    expect(error.problems.map(({ code }: { code: string }) => code).toSorted()).toEqual(['Cycle', 'UnresolvedDataRef']);
  });
});

const GRAPH = `import { TaskGraph } from EBBTIDE;
  const graph = new TaskGraph('sales'); graph.addTask('only'); export const plan = graph.build();`;

describe('a project of another layout', () => {
  it.each([
    ['a folder for each pipeline', 'lib/sales/graph.ts', { graphs: 'lib/*/graph.ts', handlers: 'lib/*' }, 'lib/sales'],
    ['files with more to their names', 'src/sales.graph.mts', { graphs: './src/*.graph.mts' }, 'lambdas/sales'],
    ['no extension said', 'graphs/sales.cts', { graphs: 'graphs/*', handlers: 'fn/*/src' }, 'fn/sales/src'],
  ])('says so in its package.json: %s', async (title, file, ebbtide, handlers) => {
    const layout = project(join(folder, title), {
      [file]: GRAPH,
      'package.json': JSON.stringify({ ebbtide }),
    });
    expect(await loadPipeline('sales', layout)).toMatchObject({ handlers: join(layout, handlers) });
    await expect(loadPipeline('sale', layout)).rejects.toThrow('did you mean "sales"? there are: sales');
  });

  it.each([
    [{ graphs: 'lib/graph.ts' }, '"graphs" of "ebbtide" is "lib/graph.ts"; give a path from there with one *'],
    [{ handlers: 1 }, '"handlers" of "ebbtide" is 1; give a path'],
    [{ graph: 'lib/*' }, '"ebbtide" has "graphs" and "handlers", not "graph"'],
  ])('is refused where it says %o', async (ebbtide, why) => {
    const layout = project(join(folder, 'wrong'), { 'package.json': JSON.stringify({ ebbtide }) });
    await expect(loadPipeline('sales', layout)).rejects.toMatchObject({
      code: 'InvalidOption',
      message: expect.stringContaining(why),
    });
  });

  it('is not taken for none where package.json is broken', () => {
    const broken = project(join(folder, 'no-json'), { 'package.json': '{"name":' });
    expect(() => pipelineNames(broken)).toThrow(/no-json\/package\.json is not JSON: /);
  });

  it('may begin with a byte order mark', () => {
    const marked = project(join(folder, 'marked'), {
      'package.json': '\uFEFF{}',
      'state-machines/pipelines/a.ts': GRAPH,
    });
    expect(pipelineNames(marked)).toEqual(['a']);
  });

  it('has its source read, not what was compiled beside it', async () => {
    const both = project(join(folder, 'both'), {
      'state-machines/pipelines/sales.js': 'throw new Error("compiled");',
      'state-machines/pipelines/sales.ts': GRAPH,
    });
    expect((await loadPipeline('sales', both)).plan.pipeline).toBe('sales');
  });
});

describe('a graph in TypeScript as cdk init sets it up', () => {
  it.each(['commonjs', 'module', undefined])('loads in a package of type %s', (type) => {
    const root = project(join(folder, `type-${type}`), {
      'package.json': JSON.stringify({ type }),
      'state-machines/pipelines/sales.ts': `import { json, TaskGraph } from EBBTIDE;
        import { Shop, type Place, Sale } from './types';
        import { names } from './names.js';
        import { where } from './place';
        const graph = new TaskGraph('sales');
        graph.addTask(names[Shop.Oslo] + where, { outputs: { sales: json<Sale & Place>() } });
        export const plan = graph.build();`,
      'state-machines/pipelines/types.ts': `export enum Shop { Oslo = 'oslo' }
        export interface Sale { readonly shop: Shop }
        export interface Place { readonly at: string }`,
      'state-machines/pipelines/names.ts': `export const names: Record<string, string> = { oslo: 'read' };`,
      'state-machines/pipelines/place/index.ts': `export const where: string = '-north';`,
    });
    const { stdout, stderr } = spawnSync(process.execPath, [MAIN, 'plan', 'sales'], { cwd: root, encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining('read-north'), stderr: '' });
  });

  it('that throws says where, in its source', () => {
    const root = project(join(folder, 'throws'), {
      'state-machines/pipelines/sales.ts': `interface Sale { shop: string }\n\nthrow new Error('no luck');`,
    });
    const { stderr } = spawnSync(process.execPath, [MAIN, 'plan', 'sales'], { cwd: root, encoding: 'utf8' });
    expect(stderr).toContain('no luck');
    expect(stderr).toContain('sales.ts:3:');
  });
});

describe('the command line in a folder of its own', () => {
  it('plans the pipelines of that folder', async () => {
    const { exitCode, stdout } = await ebbtideIn(root, 'plan', 'good');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('good: 1 task');
  });

  it.each(['plan', 'run'])('%s of a graph with problems ends with exit code 2 and all of them', async (command) => {
    const { exitCode, stdout, stderr } = await ebbtideIn(root, command, 'cyclic');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('a → b → a');
    expect(stderr).toContain('nowhere');
    expect(stderr).not.toContain('    at ');
  });

  it('run of a pipeline without handlers ends with exit code 2 and the path that was looked for', async () => {
    const dir = join(folder, 'runs');
    const { exitCode, stderr } = await ebbtideIn(root, 'run', 'good', '--dir', dir, '--run', 'first');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(join(root, 'lambdas', 'good', 'only.ts'));
  });

  it('says nothing on stdout with --json but events, where a handler is missing too', async () => {
    const dir = join(folder, 'runs');
    const { exitCode, stdout } = await ebbtideIn(root, 'run', 'good', '--json', '--dir', dir, '--run', 'second');
    const events = stdout.trimEnd().split('\n');
    expect({ exitCode, types: events.map((line) => JSON.parse(line).type) }).toEqual({
      exitCode: 2,
      types: ['run-started', 'synthesis-started'],
    });
  });
});
