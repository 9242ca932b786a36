import { describe, expect, it } from 'vitest';
import { chunks, type GraphOptions, json, optional, ref, type TaskDef, TaskGraph } from '../../state-machines/index.ts';
import { problemsOf } from './graphs.ts';

/** `made` with two outputs, and what takes them. */
function graphOf(definition: Pick<TaskDef, 'release'> = {}, options: GraphOptions = {}) {
  const graph = new TaskGraph('releases', options);
  const made = graph.addTask('made', { outputs: { raw: json(), constructor: json() }, ...(definition as object) });
  graph.addTask('reads', { inputs: { raw: made.outputs.raw, also: made.outputs.raw } });
  graph.addTask('may-read', { inputs: { raw: optional(ref('raw')), index: made.outputs.constructor } });
  return { graph, made };
}

const releasedBy = (graph: TaskGraph, task: string = 'made') =>
  Object.fromEntries(
    Object.entries(graph.build().task(task)?.outputs ?? {}).map(([name, output]) => [name, output.releasedBy]),
  );

describe('an output is released', () => {
  const consumed = { raw: ['reads', 'may-read'], constructor: ['may-read'] };
  const never = { raw: undefined, constructor: undefined };

  it('by all tasks that take it, optional or not, each once and in the order of their declaration', () => {
    expect(releasedBy(graphOf().graph)).toEqual(consumed);
  });

  it.each<[string, GraphOptions, TaskDef['release'], object]>([
    ['graph says so', { release: 'run' }, undefined, never],
    ['task says so', {}, 'run', never],
    ['task says so of it', {}, { raw: 'run' } as object, { ...consumed, raw: undefined }],
  ])('not before the run ends where its %s', (_, options, release, expected) => {
    expect(releasedBy(graphOf({ ...(release && { release }) }, options).graph)).toEqual(expected);
  });

  it.each<[string, TaskDef['release'], object]>([
    ['all of them', 'consumed', consumed],
    ['one of them', { raw: 'consumed' } as object, { ...never, raw: consumed.raw }],
    ['none of them', {}, never],
  ])('as its task says where the graph says otherwise: %s', (_, release, expected) => {
    expect(releasedBy(graphOf({ ...(release && { release }) }, { release: 'run' }).graph)).toEqual(expected);
  });

  it('not where nothing takes it, nor where a hook does', () => {
    const { graph, made } = graphOf();
    graph.addFinallyTask('close', { inputs: { raw: made.outputs.raw } });
    graph.addTask('alone', { outputs: { table: json() } });
    expect(releasedBy(graph)).toEqual({ ...consumed, raw: undefined });
    expect(releasedBy(graph, 'alone')).toEqual({ table: undefined });
  });

  it('by the tasks that run for its chunks, unless one of them is a Distributed Map', () => {
    const graph = new TaskGraph('releases');
    const { a, b } = graph.addTask('split', { outputs: { a: chunks(), b: chunks() } }).outputs;
    graph.addTask('inline', { each: a, outputs: { part: json() } });
    graph.addTask('both', { each: b, inputs: { list: b } });
    graph.addTask('wide', { each: b, maxConcurrency: 41 });
    graph.addTask('merge', { inputs: { parts: ref('part') } });
    expect(releasedBy(graph, 'split')).toEqual({ a: ['inline'], b: undefined });
    expect(releasedBy(graph, 'inline')).toEqual({ part: ['merge'] });
  });

  it("not where it is a hook's", () => {
    const graph = new TaskGraph('releases');
    graph.addTask('a');
    const alarm = graph.addErrorsTask('alarm', { outputs: { note: json() } });
    graph.addFinallyTask('close', { inputs: { note: alarm.outputs.note } });
    expect(graph.build().hook('alarm')?.outputs).toEqual({ note: { format: { kind: 'json' }, durable: false } });
  });
});

describe('a release that cannot be', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['no release', 'always', ['"made"', '"always"', '"consumed" or "run"']],
    ['nothing', null, ['"made"', 'null']],
    ['no release of an output', { raw: 1 }, ['"made"', 'release.raw is 1']],
    ['of an output that there is not', { rwa: 'run' }, ['"rwa"', 'did you mean "raw"?']],
  ])('is a problem of its task: %s', (_, release, told) => {
    const problems = problemsOf(graphOf({ release } as object).graph);
    expect(problems).toMatchObject([{ code: 'InvalidTask' }]);
    for (const part of told) expect(problems[0]?.message).toContain(part);
  });

  it('is told with the others', () => {
    const { graph } = graphOf({ release: { rwa: 'run', raw: 'later' } } as object, { release: 'never' } as object);
    const none = graph.addTask('none', { release: { x: 'run' } } as object);
    expect(problemsOf(graph).map(({ message }) => message)).toEqual([
      'the graph: release is "never"; it must be "consumed" or "run"',
      'task "made": release names "rwa", which is no output of it; did you mean "raw"?',
      'task "made": release.raw is "later"; it must be "consumed" or "run"',
      `task "${none.name}": release names "x", which is no output of it; it has none at all`,
    ]);
  });

  it("is a hook's: what hooks write stays until the run ends", () => {
    const { graph } = graphOf();
    graph.addFinallyTask('close', { outputs: { note: json() }, release: 'run' } as object);
    expect(problemsOf(graph)).toMatchObject([{ code: 'InvalidTask' }]);
  });

  it('does not compile', () => {
    const outputs = { raw: json() };
    const graph = new TaskGraph('types');
    graph.addTask('a', { outputs, release: { raw: 'run' } });
    graph.addTask('b', { outputs, release: 'consumed' });
    // @ts-expect-error: no such output
    graph.addTask('c', { outputs, release: { rwa: 'run' } });
    // @ts-expect-error: no such release
    graph.addTask('d', { outputs, release: 'always' });
    // @ts-expect-error: a hook has none
    graph.addFinallyTask('e', { outputs, release: 'run' });
    expect(problemsOf(graph)).toHaveLength(3);
  });
});
