import { describe, expect, it } from 'vitest';
import { conditionText } from '../../cli/render/condition.ts';
import { renderGraph, renderStructure } from '../../cli/render/plan/graph.ts';
import { eachText } from '../../cli/render/plan/hooks.ts';
import { renderMermaid } from '../../cli/render/plan/mermaid.ts';
import { renderWaits } from '../../cli/render/plan/waits.ts';
import type { PlannedCondition } from '../../state-machines/graph/plan.ts';
import {
  allOf,
  anyOf,
  type Condition,
  chunks,
  compile,
  fromInput,
  fromOutput,
  json,
  not,
  optional,
  type Structure,
  TaskGraph,
} from '../../state-machines/index.ts';
import { lasting, planOf } from '../graph/graphs.ts';
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

const RIVERS = `
import { json, TaskGraph } from EBBTIDE;
const graph = new TaskGraph('rivers');
const gauges = graph.addTask('gauges', { expectedSeconds: 50, outputs: { levels: json() } });
const rain = graph.addTask('rain', { expectedSeconds: 20, outputs: { fallen: json() } });
graph.addTask('forecast', { expectedSeconds: 10, inputs: { levels: gauges.outputs.levels, fallen: rain.outputs.fallen }, retries: 1 });
graph.addTask('map', { inputs: { fallen: rain.outputs.fallen } });
export const plan = graph.build();
`;

const root = project(temporaryFolder(), {
  'state-machines/pipelines/trips.ts': SOURCE,
  'state-machines/pipelines/rivers.ts': RIVERS,
});

async function shown(...args: string[]) {
  const before = process.cwd();
  process.chdir(root);
  try {
    return await ebbtide('plan', ...args);
  } finally {
    process.chdir(before);
  }
}

describe('ebbtide plan', () => {
  it('of a graph with barriers shows who waits for whom, what it costs, and how near its limits are', async () => {
    const { stdout, exitCode, stderr } = await shown('rivers', '--runs-per-month', '100');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(RIVERS_SHOWN);
  });

  it('of a pipeline with everything shows chunks, conditions and hooks in words', async () => {
    const options = ['--schedule', 'rate(1 hour)', '--chunks', 'extract=20', '--seconds', 'load=40'];
    const { stdout, exitCode, stderr } = await shown('trips', ...options);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(TRIPS_SHOWN);
  });

  it('with --mermaid prints a flowchart, and nothing else', async () => {
    const { stdout, exitCode, stderr } = await shown('trips', '--mermaid');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(TRIPS_DRAWN);
  });

  it('with --json has all of it as data', async () => {
    const { tasks, hooks, ...rest } = JSON.parse((await shown('trips', '--json', '--runs-per-month', '100')).stdout);
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
    expect(rest).toMatchObject({
      waits: [{ task: 'list', for: [] }, { task: 'extract' }, { task: 'load' }, { task: 'unlock' }],
      cost: { region: 'us-east-1', run: { usd: expect.any(Number) }, month: { runs: 100 } },
      limits: expect.arrayContaining([expect.objectContaining({ name: 'definition', allowed: 1_048_576 })]),
    });
  });

  it.each([
    [['--json', '--mermaid'], 'not both'],
    [['--schedule', 'rate(1 hour)', '--runs-per-month', '3'], 'not both'],
    [['--schedule', 'hourly'], "'rate(1 hour)'"],
    [['--runs-per-month', 'many'], 'a number of runs'],
    [['--seconds', 'load'], '<task>=<number>'],
    [['--seconds', 'laod=1'], 'did you mean "load"?'],
    [['--chunks', 'load=1'], 'are extract'],
  ])('%j is wrong use', async (options, said) => {
    const { stdout, exitCode, stderr } = await shown('trips', ...options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(said);
  });
});

describe('a plan as text', () => {
  const folder = temporaryFolder();

  it('shows a pipeline that is over a limit, and then refuses it', async () => {
    const many = project(folder, {
      'state-machines/pipelines/many.ts': `
import { chunks, TaskGraph } from EBBTIDE;
const graph = new TaskGraph('many');
const list = graph.addTask('list', { outputs: { days: chunks({ max: 5000 }) } });
graph.addTask('extract', { each: list.outputs.days, retries: 2 });
export const plan = graph.build();`,
    });
    const before = process.cwd();
    process.chdir(many);
    try {
      const { stdout, stderr, exitCode } = await ebbtide('plan', 'many');
      expect(exitCode).toBe(2);
      expect(stdout).toMatch(/history +75,079 +of 25,000 +events +300 % {2}OVER; largest part: extract/);
      expect(stderr).toContain('50,079 more than the 25,000 that Step Functions allows');
    } finally {
      process.chdir(before);
    }
  });

  it('draws nested branches inside the branches that they are in', () => {
    const task = (name: string): Structure => ({ kind: 'task', task: name });
    const sequence = (...parts: Structure[]): Structure => ({ kind: 'sequence', parts });
    const parallel = (...parts: Structure[]): Structure => ({ kind: 'parallel', parts });
    const nested = sequence(
      parallel(sequence(parallel(task('a'), task('b')), task('c')), task('d'), task('e')),
      task('f'),
    );
    expect(renderStructure(nested)).toEqual(['┌─ ┌─ a', '│  └─ b', '│  c', '├─ d', '└─ e', 'f']);
  });

  it('tells the longest wait first', () => {
    const plan = planOf('a -> x, b -> x, b -> y, c -> y, c -> z', lasting({ a: 9, b: 2, c: 5, x: 1, y: 1, z: 1 }));
    const { waits } = compile(plan);
    const told = renderWaits({ waits, criticalPathSeconds: 1, makespanSeconds: 1, hinted: true }).slice(2, -1);
    const seconds = told.map((line) => Number(/(\d+) s {2}for/.exec(line)?.[1]));
    expect(seconds.length).toBeGreaterThan(1);
    expect(seconds).toEqual(seconds.toSorted((a, b) => b - a));
  });

  it('breaks a long line of dependencies', () => {
    const names = Array.from({ length: 30 }, (_, index) => `station-${index}`);
    const waits = [
      ...names.map((task) => ({ task, for: [] })),
      { task: 'all', for: names.map((on) => ({ on, reasons: [{ kind: 'order' } as const] })) },
    ];
    const lines = renderGraph([names, ['all']], waits).slice(names.length);
    expect(lines[0]).toMatch(/^ {2}1 {2}all {9}← after station-0, after station-1,/);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {19}after /);
  });

  it('says of chunks without a tolerance that none may fail', () => {
    const graph = new TaskGraph('strict');
    const list = graph.addTask('list', { outputs: { days: chunks() } });
    graph.addTask('extract', { each: list.outputs.days });
    const { each } = graph.build().task('extract') ?? {};
    expect(each && eachText(each)).toBe('list.days: 300 chunks at the most, 40 at once, none may fail');
  });
});

describe('a Mermaid text', () => {
  it('tells each edge by what goes over it, and keeps whatever a condition says out of the syntax', () => {
    const graph = new TaskGraph('nasty');
    const end = graph.addTask('end', { outputs: { stats: json<{ rows: number }>(), more: json() } });
    const { stats, more } = end.outputs;
    graph.addTask('subgraph', {
      inputs: { more: optional(more) },
      when: anyOf(fromInput('a').equals('"]; end\n`<b>`%%{init}%%#35;|é'), fromOutput(stats, 'rows').lessThan(1)),
    });
    graph.addTask('class', { when: fromOutput(stats, 'rows').atLeast(1) });
    graph.addDependency('subgraph', 'class');
    const alarm = graph.addErrorsTask('alarm', { inputs: { stats }, outputs: { note: json() } });
    graph.addErrorsTask('second');
    graph.addDependency(alarm, 'second');
    expect(renderMermaid(graph.build()).split('\n')).toEqual(NASTY_DRAWN);
  });
});

const RIVERS_SHOWN = `rivers: 4 tasks in 2 waves

the graph, wave by wave (← what a task waits for):
  0  gauges
     rain
  1  forecast  ← gauges.levels, rain.fallen
     map       ← rain.fallen

how the state machine nests them (a bracket: at the same time):
  ┌─ gauges
  └─ rain
     map
  forecast

waits that are in the nesting only, and how long each task stands still for them, the longest first:
  forecast  0 s  for map
the longest path of the graph takes 60 s, the nested machine 60 s (by expectedSeconds)

10 states entered when all goes well

a run costs about 0.00111 USD where all goes well:
  Step Functions: states entered     10  transitions  0.000250
  Lambda: requests                    5  requests     0.000001
  Lambda: tasks and hooks         53.33  GB-seconds   0.000711
  Lambda: cleanup                   0.5  GB-seconds   0.000007
  S3: writes and lists               26  requests     0.000130
  S3: reads                          18  requests     0.000007
a retry is one more state transition, request and time of its function; all of them, 1 at the most, cost 0.00009 USD more
an invocation takes, by expectedSeconds: gauges 50 s, rain 20 s, forecast 10 s
taken as 26.67 s, the mean of the others (--seconds <task>=<n> says better): map

a month costs about 1.45 USD at 100 runs:
  runs                          100  runs     0.11
  CloudWatch: metrics of runs  0.82  metrics  0.25
  the deployment, idle or not     1  months   1.09

an estimate, by list prices of us-east-1, 2026-11, free tiers left out (but for the dashboard: an account's first three)
not in it: storage, logs, traffic, and what handlers call
prices: https://aws.amazon.com/step-functions/pricing/, https://aws.amazon.com/lambda/pricing/,
        https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/cloudwatch/pricing/,
        https://aws.amazon.com/eventbridge/pricing/

limits that the graph grows towards:
  stack resources          51  of 500        resources   10 %
  definition            6,731  of 1,048,576  bytes      0.6 %  largest part: Cleanup from records
  finalizer definition  3,790  of 1,048,576  bytes      0.4 %  largest part: Cleanup from records
  history                  89  of 25,000     events     0.4 %  largest part: Cleanup
  finalizer history        60  of 25,000     events     0.2 %  largest part: Cleanup
  state data              129  of 262,144    bytes      0.0 %  largest part: forecast
what ends its growth first: stack resources

limits of one task, and the most that any asks for:
  timeout            900  of 900     seconds  100 %  by: gauges
  memory             512  of 10,240  MiB      5.0 %  by: gauges
  ephemeral storage  512  of 10,240  MiB      5.0 %  by: gauges
`;

const TRIPS_SHOWN = `trips: 3 tasks in 3 waves

the graph, wave by wave (← what a task waits for):
  0  list
  1  extract  ← each chunk of list.days
  2  load     ← extract.n

that run for each chunk of a list:
  extract  list.days: 2,000 chunks at the most in batches of 5, 100 at once, 5 % may fail

that run only on a condition:
  load  input.mode is "full"

hooks:
  unlock  after the tasks of the group loading, where one of them has run
  undo    when load has failed
  alert   when a task has failed
  report  always, at the end of the run
  notify  when the execution has ended

how the state machine nests them (a bracket: at the same time):
  list
  extract
  load
  unlock

no task waits for one that it does not depend on
the longest path of the graph takes 4 s, the nested machine 4 s (if every task took 1 s: none has expectedSeconds)

15 states entered when all goes well

a run costs about 0.00166 USD where all goes well:
  Step Functions: states entered         15  transitions  0.000375
  Step Functions: states of chunks        4  transitions  0.000100
  Step Functions: after the execution     5  transitions  0.000125
  Lambda: requests                       12  requests     0.000002
  Lambda: tasks and hooks              24.5  GB-seconds   0.000327
  Lambda: cleanup                         1  GB-seconds   0.000013
  S3: writes and lists                  138  requests     0.000690
  S3: reads                              61  requests     0.000024
taken as 1 s, as nothing says more (expectedSeconds, --seconds <task>=<n>): list, extract, unlock, report,
                                                                            notify
an invocation takes, as given: load 40 s
extract is reckoned to be invoked 4 times for its chunks; --chunks extract=<n> says how many there are

a month costs about 4.80 USD at 730 runs, rate(1 hour):
  runs                         730  runs     1.21
  CloudWatch: metrics of runs    8  metrics  2.40
  EventBridge: starts          730  starts   0.00
  the deployment, idle or not    1  months   1.19

an estimate, by list prices of us-east-1, 2026-11, free tiers left out (but for the dashboard: an account's first three)
not in it: storage, logs, traffic, and what handlers call
prices: https://aws.amazon.com/step-functions/pricing/, https://aws.amazon.com/lambda/pricing/,
        https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/cloudwatch/pricing/,
        https://aws.amazon.com/eventbridge/pricing/

limits that the graph grows towards:
  stack resources           68  of 500        resources   14 %
  definition            14,317  of 1,048,576  bytes      1.4 %  largest part: extract
  finalizer definition  10,399  of 1,048,576  bytes      1.0 %  largest part: Cleanup from records
  history                  152  of 25,000     events     0.6 %  largest part: extract gather
  finalizer history        123  of 25,000     events     0.5 %  largest part: Notes from records
  map results            1,200  of 262,144    bytes      0.5 %  largest part: extract
  state data               618  of 262,144    bytes      0.2 %  largest part: list
what ends its growth first: stack resources

limits of one task, and the most that any asks for:
  timeout                            900  of 900      seconds  100 %  by: list
  memory                             512  of 10,240   MiB      5.0 %  by: list
  ephemeral storage                  512  of 10,240   MiB      5.0 %  by: list
  chunks                           2,000  of 100,000  chunks   2.0 %  by: extract
  concurrency of child executions    100  of 10,000   at once  1.0 %  by: extract
`;

const TRIPS_DRAWN = `flowchart TD
  subgraph run["trips"]
    t0["list"]
    t1["extract<br/>for each chunk, 100 at once, in executions of their own"]
    t2["load<br/>when input.mode is #34;full#34;"]
    t0 ==>|"each of days"| t1
    t1 -->|"n"| t2
  end
  h0(["unlock<br/>after the tasks of the group loading, where one of them has run"])
  h1(["undo<br/>when load has failed"])
  h2(["alert<br/>when a task has failed"])
  h3(["report<br/>always, at the end of the run"])
  h4(["notify<br/>when the execution has ended"])
  t2 -.-> h0
  t2 -.-> h1
  run -.-> h2
  run -.-> h3
  run -.-> h4
`;

const NASTY_DRAWN = [
  'flowchart TD',
  '  subgraph run["nasty"]',
  '    t0["end"]',
  '    t1["subgraph<br/>when input.a is #34;#92;#8288;#34;#93;#59; end#92;#8288;n#96;#60;b#62;#96;#37;#37;#123;init#125;#37;#37;#35;35#59;#124;#233;#34; or end.stats.rows #60; 1"]',
  '    t2["class<br/>when end.stats.rows #62;= 1"]',
  '    t0 -->|"more (optional), stats.rows (condition)"| t1',
  '    t0 -.->|"stats.rows (condition)"| t2',
  '    t1 -.->|"then"| t2',
  '  end',
  '  h0(["alarm<br/>when a task has failed"])',
  '  h1(["second<br/>when a task has failed"])',
  '  run -.-> h0',
  '  t0 -->|"stats (optional)"| h0',
  '  run -.-> h1',
  '  h0 -.->|"then"| h1',
];
