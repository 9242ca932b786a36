import { describe, expect, it } from 'vitest';
import type { State } from '../../state-machines/compiler/asl.ts';
import { compile, type Plan, type TaskDef } from '../../state-machines/index.ts';
import { planOf } from '../graph/graphs.ts';
import { statesIn } from './definitions.ts';
import { END, EXIT, LONG_TRANSIENT, next, PATIENT, present, TRANSIENT, taskState } from './states.ts';

const CLEANUP = {
  Type: 'Task',
  Resource: '${Cleanup}',
  TimeoutSeconds: 960,
  Retry: [LONG_TRANSIENT, PATIENT],
  Next: 'Verdict',
};
const CLEANUP_FAILED = { ErrorEquals: ['States.ALL'], ResultPath: '$.cleanup', Next: 'Cleanup failed' };

/** The machine around the tasks. */
function machine(comment: string, branch: object, tasks: object) {
  const shape = expect.stringMatching(/^[0-9a-f]{16}$/);
  const event = { 'run.$': '$$.Execution.Name', 'startedAt.$': '$$.Execution.StartTime', shape, tasks };
  return {
    Comment: comment,
    StartAt: 'Run',
    States: {
      Run: {
        Type: 'Parallel',
        Parameters: { out: {} },
        Branches: [branch],
        ResultSelector: { 'out.$': '$[0]' },
        Catch: [
          { ErrorEquals: ['States.DataLimitExceeded'], Next: 'Cleanup' },
          { ErrorEquals: ['States.ALL'], Next: 'Cleanup' },
        ],
        Next: 'Cleanup',
      },
      Cleanup: {
        ...CLEANUP,
        Parameters: { ...event, 'input.$': '$$.Execution.Input', 'state.$': '$' },
        Catch: [{ ErrorEquals: ['States.DataLimitExceeded'], Next: 'Cleanup from records' }, CLEANUP_FAILED],
      },
      'Cleanup from records': {
        ...CLEANUP,
        Parameters: {
          ...event,
          'input.$': '$$.Execution.Input',
          state: { Error: 'States.DataLimitExceeded', Cause: 'the state data grew too large' },
        },
        Catch: [{ ...CLEANUP_FAILED, ErrorEquals: ['States.DataLimitExceeded'] }, CLEANUP_FAILED],
      },
      Verdict: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.done', BooleanEquals: false, Next: 'Cleanup' },
          { Variable: '$.error', IsPresent: true, Next: 'Failed' },
        ],
        Default: 'Succeeded',
      },
      'Cleanup failed': {
        Type: 'Choice',
        Choices: [
          {
            And: [
              { Variable: '$.Error', IsPresent: true },
              { Variable: '$.Error', StringMatches: 'States.*' },
            ],
            Next: 'Error and cleanup failed',
          },
          { Variable: '$.Error', IsPresent: true, Next: 'Run and cleanup failed' },
          { Variable: '$.out', IsPresent: true, Next: 'Notes as text' },
        ],
        Default: 'Only cleanup failed',
      },
      'Notes as text': {
        Type: 'Pass',
        Parameters: {
          'notes.$': 'States.JsonToString($.out)',
          'cause.$': 'States.JsonToString($)',
          'cleanup.$': '$.cleanup',
        },
        Next: 'Task failed?',
      },
      'Task failed?': {
        Type: 'Choice',
        Choices: [
          {
            Or: [
              { Variable: '$.notes', StringMatches: '*"Error":*' },
              { Variable: '$.notes', StringMatches: '*"Error" :*' },
            ],
            Next: 'Task and cleanup failed',
          },
        ],
        Default: 'Only cleanup failed',
      },
      'Run and cleanup failed': {
        Type: 'Pass',
        Parameters: { 'error.$': '$.Error', 'cause.$': 'States.JsonToString($)' },
        Next: 'Failed',
      },
      'Error and cleanup failed': {
        Type: 'Pass',
        Parameters: { error: 'RunFailed', 'cause.$': 'States.JsonToString($)' },
        Next: 'Failed',
      },
      'Task and cleanup failed': {
        Type: 'Pass',
        Parameters: { error: 'TaskFailed', 'cause.$': '$.cause' },
        Next: 'Failed',
      },
      'Only cleanup failed': {
        Type: 'Pass',
        Parameters: { error: 'CleanupFailed', 'cause.$': 'States.JsonToString($.cleanup)' },
        Next: 'Failed',
      },
      Succeeded: { Type: 'Succeed', OutputPath: '$.result' },
      Failed: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' },
    },
  };
}

const FLIGHTS = 'extract -> aggregate, extract -> enrich, aggregate -> merge-load, enrich -> merge-load';

describe('the definition', () => {
  it('of one task runs it, cleans up and gives a verdict', () => {
    const branch = {
      StartAt: 'only',
      States: { only: taskState('only', 'only end', EXIT), 'only end': END },
    };
    expect(compile(planOf('only')).definition).toEqual(
      machine('test: 1 tasks, compiled by Ebbtide', branch, { only: 0 }),
    );
  });

  it('of the flights diamond runs the transforms in parallel and guards the merge', () => {
    const retries: Record<string, TaskDef> = {
      extract: { retries: 2 },
      aggregate: { retries: 1 },
      enrich: { retries: 1 },
      'merge-load': { retries: 2 },
    };
    const transform = (task: string) => ({
      StartAt: task,
      States: { [task]: taskState(task, `${task} end`, EXIT, { retries: 1 }), [`${task} end`]: END },
    });
    const aggregated = '$.out._1[0].aggregate';
    const enriched = '$.out._1[1].enrich';
    const branch = {
      StartAt: 'extract',
      States: {
        extract: taskState('extract', 'merge-load end', next('aggregate + enrich'), { retries: 2 }),
        'aggregate + enrich': {
          Type: 'Parallel',
          Parameters: { out: {} },
          Branches: [transform('aggregate'), transform('enrich')],
          ResultPath: '$.out._1',
          Next: 'merge-load ready?',
        },
        'merge-load ready?': {
          Type: 'Choice',
          Choices: [
            {
              And: [present(`${aggregated}.status`), present(`${enriched}.status`)],
              Next: 'merge-load',
            },
          ],
          Default: 'merge-load end',
        },
        'merge-load': taskState('merge-load', 'merge-load end', EXIT, { retries: 2 }),
        'merge-load end': END,
      },
    };
    const tasks = { extract: 2, aggregate: 1, enrich: 1, 'merge-load': 2 };
    expect(compile(planOf(FLIGHTS, retries)).definition).toEqual(
      machine('test: 4 tasks, compiled by Ebbtide', branch, tasks),
    );
  });

  it('has the timeout that was asked for, and none otherwise', () => {
    expect(compile(planOf('a'), { timeoutSeconds: 3600 }).definition.TimeoutSeconds).toBe(3600);
    expect(compile(planOf('a')).definition).not.toHaveProperty('TimeoutSeconds');
  });

  it("takes a task's own retry policy and timeout, with a minute for the cold start", () => {
    const retry = { intervalSeconds: 3, backoffRate: 1.5, maxDelaySeconds: 20, jitter: 'none' } as const;
    const state = stateOf(planOf('a', { a: { retries: 4, retry, timeoutSeconds: 30 } }), 'a');
    expect(state).toMatchObject({
      TimeoutSeconds: 90,
      Retry: [
        TRANSIENT,
        { ErrorEquals: ['NonRetryableError'], MaxAttempts: 0 },
        {
          ErrorEquals: ['States.ALL'],
          MaxAttempts: 4,
          IntervalSeconds: 3,
          BackoffRate: 1.5,
          MaxDelaySeconds: 20,
          JitterStrategy: 'NONE',
        },
      ],
    });
  });
});

function stateOf(plan: Plan, name: string): State | undefined {
  return Object.fromEntries(statesIn(compile(plan).definition))[name];
}
