import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { NonRetryableError } from '../../lambdas/runtime/index.ts';
import { runLocally } from '../../local/index.ts';
import { TaskGraph } from '../../state-machines/index.ts';
import { ebbtide, project, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const dir = join(folder, 'runs');
const nothing = () => undefined;

/** A pipeline with the name of this project's, and another graph. */
function planOf(pipeline: string) {
  const graph = new TaskGraph(pipeline);
  const extract = graph.addTask('extract', { retries: 1 });
  graph.addDependency(extract, graph.addTask('mend'));
  graph.addFinallyTask('tell');
  return graph.build();
}

beforeAll(async () => {
  const common = { dir, waits: 'none' as const };
  const plan = planOf('flights');
  const well = { extract: nothing, mend: nothing, tell: nothing };
  await runLocally(plan, { ...common, run: 'well', handlers: well });
  const mend = () => Promise.reject(new NonRetryableError('no\nmending'));
  const input = { day: '2026-11-20', note: 'x'.repeat(500) };
  await runLocally(plan, { ...common, run: 'badly', keepOnFailure: 5_400, handlers: { ...well, mend }, input });
  await runLocally(planOf('boats'), { ...common, run: 'afloat', handlers: well });
  await runLocally(planOf('boats'), { ...common, run: 'well', handlers: well });
});

const said = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await ebbtide(...args, '--dir', dir);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
};

describe('ebbtide list', () => {
  it('shows the runs of a pipeline, the latest one first, with where they are and how many', async () => {
    expect((await said('list', 'flights')).split('\n')).toEqual([
      `flights on this machine, ${dir}`,
      expect.stringMatching(/^run +status +started \(UTC\) +time$/),
      expect.stringMatching(
        /^badly +FAILED \(kept until \d{4}-\d\d-\d\d \d\d:\d\d UTC\) +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+\.\d s$/,
      ),
      expect.stringMatching(/^well +SUCCEEDED /),
      '2 runs',
      '',
    ]);
  });

  it('without a pipeline shows those of all that have runs', async () => {
    const stdout = await said('list');
    expect(stdout).toContain(`flights on this machine, ${dir}\n`);
    expect(stdout).toContain(`boats on this machine, ${dir}\n`);
  });

  it('shows only those of the statuses that are asked for, and as many', async () => {
    expect(await said('list', 'flights', '--status', 'succeeded,aborted')).not.toContain('badly');
    expect(await said('list', 'flights', '--limit', '1')).not.toContain('well');
    expect(await said('list', 'flights', '--status', 'timed-out')).toContain('no run that is timed-out\n');
  });

  it('with --json prints each with where it is, and nothing else', async () => {
    const runs = JSON.parse(await said('list', '--json'));
    expect(runs).toHaveLength(4);
    expect(runs.at(-1)).toEqual({
      pipeline: 'flights',
      run: 'well',
      status: 'SUCCEEDED',
      startedAt: expect.any(String),
      endedAt: expect.any(String),
      where: { kind: 'here', dir },
    });
    expect(JSON.parse(await said('list', 'flights', '--json', '--status', 'running'))).toEqual([]);
  });

  it('of a pipeline without runs says how to begin one', async () => {
    const empty = join(folder, 'empty');
    const { exitCode, stdout } = await ebbtide('list', '--dir', empty);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `flights on this machine, ${empty}\nno run; begin one with ebbtide run flights\n`,
    });
  });
});

describe('ebbtide show', () => {
  it('shows the tasks of a run, its hooks, its errors in full, its input and what can be done next', async () => {
    const stdout = await said('show', 'flights', 'badly');
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('flights badly  FAILED');
    expect(lines[1]).toBe(`on this machine, ${dir}`);
    expect(stdout).toMatch(/\nextract +SUCCEEDED +1 /);
    expect(stdout).toMatch(/\nmend +FAILED +1 /);
    expect(stdout).toMatch(/\ntell \(finally hook\) +SUCCEEDED +1 /);
    expect(stdout).toContain('mend failed: NonRetryableError: no\n  mending\n');
    expect(stdout).toContain('input: {"day":"2026-11-20","note":"xxx');
    expect(stdout).toContain('… (--json has all of it)');
    expect(stdout).toContain(`to go on with it: ebbtide resume flights badly --dir ${dir}\n`);
    expect(stdout).toContain(`as a page: ebbtide report flights badly --dir ${dir} --open\n`);
  });

  it('says where the run is of another graph than the project has', async () => {
    const stdout = await said('show', 'flights', 'well');
    expect(stdout).toContain("note: the run is of another graph: it has mend, which the project's graph has not;");
    expect(stdout).toContain("it has no split, aggregate, enrich, merge-load, which the project's graph has");
    expect(stdout).not.toContain('\nsplit');
  });

  it('takes a run by its id alone, and without one the latest', async () => {
    expect((await said('show', 'afloat')).split('\n')[0]).toBe('boats afloat  SUCCEEDED');
    expect((await said('show', 'boats')).split('\n')[0]).toBe('boats well  SUCCEEDED');
    expect((await said('show')).split('\n')[0]).toBe('flights badly  FAILED');
  });

  it('with --verbose shows all attempts', async () => {
    expect(await said('show', 'flights', 'badly', '--verbose')).toMatch(
      /\nmend +1 +FAILED +\+\d+\.\d s +\d+\.\d s +NonRetryableError: no\n/,
    );
  });

  it('with --json prints its history, where it is, and its links; what is to be said besides is on stderr', async () => {
    const { exitCode, stdout, stderr } = await ebbtide('show', 'flights', 'badly', '--json', '--dir', dir);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      pipeline: 'flights',
      run: 'badly',
      status: 'FAILED',
      phase: 'over',
      input: { day: '2026-11-20', note: 'x'.repeat(500) },
      tasks: [{ name: 'extract' }, { name: 'mend', status: 'FAILED' }, { name: 'tell', hook: 'finally' }],
      result: { status: 'FAILED' },
      where: { kind: 'here', dir },
      links: { logs: {} },
    });
    expect(stderr).toContain('the run is of another graph');
  });

  it('of a run of an earlier version, which left no events, says that it does not know all', async () => {
    await runLocally(planOf('boats'), {
      dir: join(folder, 'older'),
      run: 'r1',
      handlers: { extract: nothing, mend: nothing, tell: nothing },
      waits: 'none',
    });
    rmSync(join(folder, 'older/boats/r1/events'), { recursive: true });
    const { exitCode, stdout } = await ebbtide('show', 'r1', '--dir', join(folder, 'older'));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('note: the run left no events');
    expect(stdout).toMatch(/\nmend +SUCCEEDED +1 /);
  });
});

describe('ebbtide report', () => {
  const page = join(dir, 'flights/badly/report.html');

  it("writes a page into the run's folder, and tells where it is", async () => {
    const { exitCode, stdout } = await ebbtide('report', 'flights', 'badly', '--dir', dir);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${page}\n` });
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/i);
  });

  it('writes it again, elsewhere, or on stdout', async () => {
    expect(await ebbtide('report', 'badly', '--dir', dir)).toMatchObject({ exitCode: 0 });
    const other = join(folder, 'other.html');
    expect(await ebbtide('report', 'badly', '--dir', dir, '-o', other)).toMatchObject({ stdout: `${other}\n` });
    expect(await ebbtide('report', 'badly', '--dir', dir, '-o', other)).toMatchObject({ exitCode: 0 });
    const inFolder = join(folder, 'flights-badly.html');
    expect(await ebbtide('report', 'badly', '--dir', dir, '-o', folder)).toMatchObject({ stdout: `${inFolder}\n` });
    const { stdout } = await ebbtide('report', 'badly', '--dir', dir, '-o', '-');
    expect(stdout).toMatch(/^<!doctype html>[\s\S]*badly/i);
  });

  it('with --json prints where it is', async () => {
    const { stdout } = await ebbtide('report', 'badly', '--dir', dir, '--json');
    expect(JSON.parse(stdout)).toEqual({ pipeline: 'flights', run: 'badly', file: page });
  });

  it('does not write over what is no report', async () => {
    const notes = join(folder, 'notes.html');
    writeFileSync(notes, '<p>Mine</p>');
    const { exitCode, stderr } = await ebbtide('report', 'badly', '--dir', dir, '-o', notes);
    expect({ exitCode, text: readFileSync(notes, 'utf8') }).toEqual({ exitCode: 2, text: '<p>Mine</p>' });
    expect(stderr).toContain('no report of a run');
  });
});

describe('a project whose graph does not load', () => {
  afterEach(() => vi.restoreAllMocks());

  it('keeps nobody from its runs', async () => {
    const root = project(join(folder, 'broken'), {
      'package.json': '{ "type": "module" }',
      'state-machines/pipelines/boats.ts': 'throw new Error("on the rocks");',
    });
    vi.spyOn(process, 'cwd').mockReturnValue(root);
    expect(await said('list', 'boats')).toContain('afloat');
    expect(await said('show', 'boats', 'afloat')).toMatch(
      /note: what waits for what is not known, since the graph of "boats" is not in this project: .*on the rocks/,
    );
    const { exitCode } = await ebbtide('report', 'afloat', '--dir', dir, '-o', join(folder, 'afloat.html'));
    expect([exitCode, existsSync(join(folder, 'afloat.html'))]).toEqual([0, true]);
    const { stderr } = await ebbtide('stop', 'boats', 'afloat', '--dir', dir);
    expect(stderr).toContain('has ended SUCCEEDED');
  });
});

describe('wrong use ends with exit code 2 and one message on stderr:', () => {
  mkdirSync(join(folder, 'other'), { recursive: true });
  it.each<[string, string[], string[]]>([
    ['show of a run that there is not', ['show', 'flights', 'badlly'], ['no run "badlly"', 'did you mean "badly"?']],
    ['show of what is neither', ['show', 'badlly'], ['no pipeline, and no run', 'did you mean "badly"?']],
    [
      'show of what two pipelines have',
      ['show', 'well'],
      ['AmbiguousRun: ', '"flights" on', '"boats" on', 'name its pipeline'],
    ],
    ['show of a path', ['show', 'flights', '../badly'], ['"../badly"', '80 characters']],
    ['show of nothing but a path', ['show', '../badly'], ['"../badly"', 'flights']],
    ['show of an empty name', ['show', ''], ['""']],
    ['watch of an unknown pipeline', ['watch', 'flihts', 'badly'], ['did you mean "flights"?']],
    ['watch of too much', ['watch', 'flights', 'badly', 'more'], ['too many arguments']],
    ['list of an unknown pipeline', ['list', 'flihts'], ['did you mean "flights"?']],
    ['list of an unknown status', ['list', '--status', 'done'], ['"done" is no status', 'running, succeeded']],
    ['list of none', ['list', '--limit', '0'], ['--limit', '"0"', 'whole number']],
    ['list of some', ['list', '--limit', 'some'], ['"some"']],
    ['two places at once', ['list', '--local', '--aws'], ['--local and --aws exclude each other']],
    ['a deployment here', ['show', '--local', '--state-machine', 'arn'], ['--state-machine exclude']],
    ['a report into nowhere', ['report', 'badly', '-o', join(folder, 'no/where.html')], ['ENOENT', '-o']],
    ['a report on stdout in a browser', ['report', 'badly', '-o', '-', '--open'], ['--open exclude']],
    ['start of an unknown pipeline', ['start', 'flihts'], ['did you mean "flights"?']],
    ['start with no JSON', ['start', 'flights', '--input', '{'], ['--input is not JSON']],
    ['start of a run that has been', ['start', 'flights', '--name', 'well'], ['there was a run of that id before']],
    ['resume by a name of its own', ['resume', 'badly', '--name', 'x'], ['--name is for runs on AWS only']],
  ])('%s', async (_, args, words) => {
    const { exitCode, stdout, stderr } = await ebbtide(...args, '--dir', dir);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const word of words) expect(stderr).toContain(word);
  });
});
