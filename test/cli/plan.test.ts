import { describe, expect, it } from 'vitest';
import { conditionText } from '../../cli/render/condition.ts';
import type { PlannedCondition } from '../../state-machines/graph/plan.ts';
import {
  allOf,
  anyOf,
  type Condition,
  chunks,
  fromInput,
  fromOutput,
  json,
  not,
  TaskGraph,
} from '../../state-machines/index.ts';
import { ebbtide, project, temporaryFolder } from './fixtures.ts';

describe('a condition', () => {
  const mode = fromInput('load', 'mode');
  const graph = new TaskGraph('conditions');
  const check = graph.addTask('check', { outputs: { stats: json<{ rows: number; day: { of: string } }>() } });
  const rows = fromOutput(check.outputs.stats, 'rows');

  const table: [Condition, string][] = [
    [mode.equals('full'), 'input.load.mode is "full"'],
    [mode.differsFrom('full'), 'not input.load.mode is "full"'],
    [mode.exists(), 'input.load.mode exists'],
    [not(mode.exists()), 'not input.load.mode exists'],
    [mode.isOneOf('full', null), 'input.load.mode is "full" or input.load.mode is null'],
    [rows.greaterThan(3), 'check.stats.rows > 3'],
    [rows.atMost(3), 'check.stats.rows <= 3'],
    [fromOutput(check.outputs.stats, 'day', 'of').lessThan('2026'), 'check.stats.day.of < "2026"'],
    [
      allOf(rows.atLeast(1), anyOf(mode.equals('a'), mode.equals('b'))),
      'check.stats.rows >= 1 and (input.load.mode is "a" or input.load.mode is "b")',
    ],
    [not(anyOf(mode.exists(), rows.lessThan(1))), 'not (input.load.mode exists or check.stats.rows < 1)'],
  ];
  for (const [index, [when]] of table.entries()) graph.addTask(`t${index}`, { when });
  const plan = graph.build();

  it.each(table.map(([, text], index) => [text, `t${index}`]))('reads: %s', (text, task) => {
    expect(conditionText(plan.task(task)?.when as PlannedCondition)).toBe(text);
  });
});

const SOURCE = `
import { chunks, fromInput, json, TaskGraph } from EBBTIDE;
const graph = new TaskGraph('trips');
const list = graph.addTask('list', { outputs: { days: chunks({ max: 2000 }) } });
const extract = graph.addTask('extract', { each: list.outputs.days, batchSize: 5, toleratedFailures: '5%', maxConcurrency: 100, outputs: { n: json() } });
const loading = graph.group('loading', { when: fromInput('mode').equals('full') });
const load = loading.addTask('load', { inputs: { n: extract.outputs.n } });
loading.addFinallyTask('unlock');
load.addErrorsTask('undo');
graph.addErrorsTask('alert');
graph.addFinallyTask('report');
graph.addAfterExecutionTask('notify');
export const plan = graph.build();
`;

describe('ebbtide plan of a pipeline with everything', () => {
  const root = project(temporaryFolder(), { 'state-machines/pipelines/trips.ts': SOURCE });

  async function planIn(...args: string[]) {
    const before = process.cwd();
    process.chdir(root);
    try {
      return await ebbtide('plan', 'trips', ...args);
    } finally {
      process.chdir(before);
    }
  }

  it('shows chunks, conditions and hooks in words', async () => {
    const { stdout, exitCode, stderr } = await planIn();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout.split('\n');
    const from = lines.indexOf('that run for each chunk of a list:');
    expect(lines.slice(from, lines.indexOf('how the state machine nests them:') - 1)).toEqual([
      'that run for each chunk of a list:',
      '  extract  list.days: 2,000 chunks at the most in batches of 5, 100 at once, 5 % may fail',
      '',
      'that run only on a condition:',
      '  load  input.mode is "full"',
      '',
      'hooks:',
      '  unlock  always, after the tasks of the group loading',
      '  undo    when load has failed',
      '  alert   when a task has failed',
      '  report  always, at the end of the run',
      '  notify  when the execution has ended',
    ]);
  });

  it('with --json has them as they are planned', async () => {
    const { tasks, hooks } = JSON.parse((await planIn('--json')).stdout);
    expect(tasks[1]).toMatchObject({
      name: 'extract',
      dependencies: ['list'],
      each: { task: 'list', output: 'days', batchSize: 5, toleratedFailures: { percentage: 5 } },
    });
    expect(tasks[2]).toMatchObject({ name: 'load', when: { kind: 'test' } });
    expect(hooks.map(({ name, hook }: { name: string; hook: string }) => `${name} ${hook}`)).toEqual([
      'unlock finally',
      'undo errors',
      'alert errors',
      'report finally',
      'notify after-execution',
    ]);
    expect(hooks[1]).toMatchObject({ owner: { kind: 'task', task: 'load' }, about: ['load'] });
  });
});

it('a plan of chunks without a tolerance says so', async () => {
  const graph = new TaskGraph('strict');
  const list = graph.addTask('list', { outputs: { days: chunks() } });
  graph.addTask('extract', { each: list.outputs.days });
  const { renderPlan } = await import('../../cli/render/plan.ts');
  const plan = graph.build();
  const text = renderPlan({
    ...plan,
    taskCount: plan.taskCount,
    waves: plan.waves(),
    structure: { kind: 'task', task: 'list' },
    statesEntered: 1,
    definitionBytes: 1,
    hooks: plan.hooks,
    tasks: plan.tasks,
    pipeline: plan.pipeline,
  });
  expect(text).toContain('list.days: 300 chunks at the most, 40 at once, none may fail');
});
