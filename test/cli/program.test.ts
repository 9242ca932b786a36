import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ebbtide, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const dir = join(folder, 'runs');

describe('ebbtide plan flights', () => {
  it('shows the waves, the nesting, the states entered and the limits', async () => {
    const { exitCode, stdout, stderr } = await ebbtide('plan', 'flights');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n').slice(0, 20)).toEqual([
      'flights: 5 tasks in 4 waves',
      '',
      'the graph, wave by wave (← what a task waits for):',
      '  0  split',
      '  1  extract     ← each chunk of split.rowGroups',
      '  2  aggregate   ← extract.raw',
      '     enrich      ← extract.raw',
      '  3  merge-load  ← extract.intake, aggregate.agg, enrich.enriched',
      '',
      'that run for each chunk of a list:',
      '  extract  split.rowGroups: 100 chunks at the most, 4 at once, none may fail',
      '',
      'how the state machine nests them (a bracket: at the same time):',
      '  split',
      '  extract',
      '  ┌─ aggregate',
      '  └─ enrich',
      '  merge-load',
      '',
      'no task waits for one that it does not depend on',
    ]);
    expect(stdout).toContain('12 states entered when all goes well');
    expect(stdout).toMatch(/definition +[\d,]+ +of 1,048,576 +bytes +0\.\d %/);
  });

  it('with --json prints one JSON object, and nothing else', async () => {
    const { exitCode, stdout, stderr } = await ebbtide('plan', 'flights', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      pipeline: 'flights',
      taskCount: 5,
      waves: [['split'], ['extract'], ['aggregate', 'enrich'], ['merge-load']],
      structure: {
        kind: 'sequence',
        parts: [
          { kind: 'task', task: 'split' },
          { kind: 'task', task: 'extract' },
          {
            kind: 'parallel',
            parts: [
              { kind: 'task', task: 'aggregate' },
              { kind: 'task', task: 'enrich' },
            ],
          },
          { kind: 'task', task: 'merge-load' },
        ],
      },
      tasks: [
        { name: 'split', dependencies: [] },
        {
          name: 'extract',
          dependencies: ['split'],
          each: {
            task: 'split',
            output: 'rowGroups',
            maxConcurrency: 4,
            toleratedFailures: { count: 0 },
            batchSize: 1,
            maxChunks: 100,
          },
        },
        { name: 'aggregate', dependencies: ['extract'] },
        { name: 'enrich', dependencies: ['extract'] },
        { name: 'merge-load', dependencies: ['extract', 'aggregate', 'enrich'] },
      ],
      hooks: [],
      statesEntered: 12,
      definitionBytes: expect.any(Number),
      criticalPathSeconds: 4,
      makespanSeconds: 4,
      waits: expect.any(Array),
      cost: expect.any(Object),
      limits: expect.any(Array),
    });
  });
});

it('its version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(await ebbtide('--version')).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
});

describe('help', () => {
  it.each([[['--help']], [['-h']], [['help']], [['help', 'run']], [['run', '--help']], [['plan', '--help']]])(
    'of ebbtide %j is on stdout, and no error',
    async (args) => {
      const { exitCode, stdout, stderr } = await ebbtide(...args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain('Usage: ebbtide');
    },
  );

  it('without a command is on stderr, and wrong use', async () => {
    const { exitCode, stdout, stderr } = await ebbtide();
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Usage: ebbtide');
  });
});

describe('wrong use ends with exit code 2, one message on stderr with its code, and where to read more:', () => {
  const missing = join(folder, 'missing.json');
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{bad');

  it.each<[string, string[], string[]]>([
    ['an unknown command', ['fly'], ["unknown command 'fly'"]],
    ['an unknown option', ['plan', 'flights', '--nope'], ["unknown option '--nope'"]],
    ['an unknown option of run', ['run', 'flights', '--nope'], ["unknown option '--nope'"]],
    ['a missing pipeline', ['plan'], ["missing required argument 'pipeline'"]],
    ['too many pipelines', ['plan', 'flights', 'more'], ['too many arguments']],
    ['an unknown pipeline, with what was meant', ['plan', 'flihts'], ['"flihts"', 'did you mean "flights"?']],
    ['an unknown pipeline, with those that exist', ['run', 'boats', '--dir', dir], ['"boats"', 'there are: flights']],
    ['a path for a pipeline', ['plan', '../pipelines/flights'], ['"../pipelines/flights"', 'flights']],
    ['input that is not JSON', ['run', 'flights', '--dir', dir, '--input', '{bad'], ['--input is not JSON']],
    [
      'an input file that is not there',
      ['run', 'flights', '--dir', dir, '--input', `@${missing}`],
      [missing, 'ENOENT'],
    ],
    ['an input file that is not JSON', ['run', 'flights', '--dir', dir, '--input', `@${broken}`], ['not JSON']],
    [
      'an option without its value',
      ['run', 'flights', '--dir', dir, '--input'],
      ["'--input <json>'", 'argument missing'],
    ],
    [
      'an unknown task in --fail, with the tasks',
      ['run', 'flights', '--dir', dir, '--fail', 'nope'],
      ['"nope"', 'extract, aggregate, enrich, merge-load'],
    ],
    ['a bad number of times in --fail', ['run', 'flights', '--dir', dir, '--fail', 'extract:x'], ['"x"', 'task:times']],
    ['a run id that breaks the rules', ['run', 'flights', '--dir', dir, '--run', 'a b'], ['"a b"', '80 characters']],
    ['an empty run id', ['run', 'flights', '--dir', dir, '--run', ''], ['""', '80 characters']],
    ['--keep with an input that is no object', ['run', 'flights', '--dir', dir, '--keep', '--input', '1'], ['object']],
  ])('%s', async (_, args, words) => {
    const { exitCode, stdout, stderr } = await ebbtide(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).toMatch(/^[A-Z]\w+: .*\nmore: docs\/errors\.md#\w+\n$/);
    expect(existsSync(dir)).toBe(false);
  });

  it('also where --json is given, so that stdout stays empty', async () => {
    const { exitCode, stdout } = await ebbtide('run', 'flights', '--json', '--dir', dir, '--fail', 'nope');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});
