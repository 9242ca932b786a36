import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadPipeline } from '../../cli/pipelines.ts';
import { GraphError } from '../../state-machines/index.ts';
import { ebbtide, project, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();

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

  it('says nothing on stdout with --json but the result, where a handler is missing too', async () => {
    const dir = join(folder, 'runs');
    const { exitCode, stdout } = await ebbtideIn(root, 'run', 'good', '--json', '--dir', dir, '--run', 'second');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});
