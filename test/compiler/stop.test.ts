import { expect, it } from 'vitest';
import { TaskGraph } from '../../state-machines/index.ts';
import { compiled, EXIT, next, runBranch, taskState } from './states.ts';

const failedState = (task: string, stop: string) => ({
  Type: 'Pass',
  Parameters: { failed: { [`${task}.$`]: `$.out.${task}` } },
  Next: stop,
});
const STOP = { Type: 'Fail', Error: 'TaskFailed', CausePath: 'States.JsonToString($.failed)' };

function stopping(): TaskGraph {
  const graph = new TaskGraph('test', { onTaskFailure: 'stop' });
  for (const task of ['a', 'b', 'c', 'd']) graph.addTask(task);
  return graph.addDependency('a', 'c').addDependency('b', 'c').addDependency('c', 'd');
}

it('a failed task ends Run, with its error as the cause; nothing needs a guard or an end', () => {
  const pipeline = compiled(stopping().build());
  const branch = (task: string) => ({
    StartAt: task,
    States: {
      [task]: taskState(task, `${task} failed`, EXIT),
      [`${task} failed`]: failedState(task, `${task} stop`),
      [`${task} stop`]: STOP,
    },
  });
  expect(runBranch(pipeline)).toEqual({
    StartAt: 'a + b',
    States: {
      'a + b': {
        Type: 'Parallel',
        Parameters: { out: {} },
        Branches: [branch('a'), branch('b')],
        ResultPath: '$.out._1',
        Next: 'c',
      },
      c: taskState('c', 'c failed', next('d')),
      'c failed': failedState('c', 'd stop'),
      d: taskState('d', 'd failed', EXIT),
      'd failed': failedState('d', 'd stop'),
      'd stop': STOP,
    },
  });
  expect(pipeline.statesEntered).toBe(9);
});

it("a task's own errors tasks run behind the run, for no task starts beside them", () => {
  const graph = new TaskGraph('test', { onTaskFailure: 'stop' });
  graph.addTask('a').addErrorsTask('undo');
  const pipeline = compiled(graph.build());
  expect(runBranch(pipeline)).toEqual({
    StartAt: 'a',
    States: {
      a: taskState('a', 'a failed', EXIT),
      'a failed': failedState('a', 'a stop'),
      'a stop': STOP,
    },
  });
  expect(JSON.stringify(pipeline.definition.States['Errors'])).toContain('"Resource":"${undo}"');
});

it("a group's errors tasks too run behind the run only, its finally tasks in both", () => {
  const graph = new TaskGraph('test', { onTaskFailure: 'stop' });
  const group = graph.group('group');
  group.addTask('a');
  group.addErrorsTask('undo');
  group.addFinallyTask('close');
  const pipeline = compiled(graph.build());
  const { States = {} } = runBranch(pipeline) ?? {};
  expect(Object.keys(States).sort()).toEqual(['a', 'a failed', 'close', 'close end', 'close stop']);
  const behind = (phase: string) => JSON.stringify(pipeline.definition.States[phase]);
  expect(behind('Errors')).toContain('"Resource":"${undo}"');
  expect(behind('Finally')).toContain('"Resource":"${close}"');
});

it('where there are hooks, the records tell how the tasks ended', () => {
  const graph = stopping();
  graph.addFinallyTask('close');
  const { Run, ...behind } = compiled(graph.build()).definition.States;
  const caughtBy = { Next: 'Notes from records' };
  expect(Run).toMatchObject({
    Catch: [
      { ErrorEquals: ['States.DataLimitExceeded'], ...caughtBy },
      { ErrorEquals: ['States.ALL'], ...caughtBy },
    ],
    Next: 'Finally',
  });
  expect(behind['Notes from records']).toMatchObject({ Next: 'Finally' });
});
