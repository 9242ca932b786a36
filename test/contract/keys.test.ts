import { describe, expect, it } from 'vitest';
import { ContractError } from '../../state-machines/contract/errors.ts';
import {
  attemptIdOf,
  attemptMarkerKey,
  attemptNumberOf,
  attemptPrefix,
  chunksPrefix,
  commitRecordKey,
  holderKey,
  leaseKey,
  outputKey,
  resultFolder,
  resultKey,
  resultRecordKey,
  runInPrefix,
  runPrefix,
  type TaskId,
  taskPrefix,
} from '../../state-machines/contract/keys.ts';

const id = { pipeline: 'flights', run: 'run-1', task: 'merge-load' };
const attempt = '2-9f3ac1d0';

it('the layout of a run: attempts and the commit record under the task, the task under the run', () => {
  expect(runPrefix(id)).toBe('runs/flights/run-1/');
  expect(taskPrefix(id)).toBe('runs/flights/run-1/merge-load/');
  expect(commitRecordKey(id)).toBe('runs/flights/run-1/merge-load/_committed.json');
  expect(attemptPrefix(id, attempt)).toBe('runs/flights/run-1/merge-load/2-9f3ac1d0/');
  expect(attemptMarkerKey(id, attempt)).toBe('runs/flights/run-1/merge-load/2-9f3ac1d0/_attempt.json');
  expect(outputKey(id, attempt, 'table')).toBe('runs/flights/run-1/merge-load/2-9f3ac1d0/table');
  expect(resultKey(id, 'table', 'csv')).toBe('results/flights/run-1/merge-load/table.csv');
});

it('a chunk has the same under its task, and a file of its own in a folder of results', () => {
  const chunk = { ...id, chunk: '2001-01' };
  expect(chunksPrefix(id)).toBe('runs/flights/run-1/merge-load/_chunks/');
  expect(chunksPrefix(chunk)).toBe(chunksPrefix(id));
  expect(taskPrefix(chunk)).toBe('runs/flights/run-1/merge-load/_chunks/2001-01/');
  expect(commitRecordKey(chunk)).toBe('runs/flights/run-1/merge-load/_chunks/2001-01/_committed.json');
  expect(outputKey(chunk, attempt, 'table')).toBe('runs/flights/run-1/merge-load/_chunks/2001-01/2-9f3ac1d0/table');
  expect(resultFolder(id, 'table')).toBe('results/flights/run-1/merge-load/table/');
  expect(resultKey(chunk, 'table', 'csv')).toBe('results/flights/run-1/merge-load/table/2001-01.csv');
});

it('a hook of an execution that resumes the run has a folder of its own, and results under the name of its execution', () => {
  const hook = { pipeline: 'flights', run: 'run-1', task: 'notify', execution: 'run-2' };
  expect(taskPrefix(hook)).toBe('runs/flights/run-1/notify/_executions/run-2/');
  expect(commitRecordKey(hook)).toBe('runs/flights/run-1/notify/_executions/run-2/_committed.json');
  expect(resultKey(hook, 'report', 'json')).toBe('results/flights/run-2/notify/report.json');
  expect(codeOf(() => taskPrefix({ ...hook, execution: '../run-2' }))).toBe('InvalidName');
});

it('who holds a run, and until when, lies beside its tasks, which cannot have such names', () => {
  expect(leaseKey(id)).toBe('runs/flights/run-1/_lease.json');
  expect(holderKey(id, 1)).toBe('runs/flights/run-1/_holders/1.json');
  expect(resultRecordKey(id)).toBe('runs/flights/run-1/_result.json');
  for (const number of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(codeOf(() => holderKey(id, number))).toBe('InvalidName');
});

it('a run is read from its whole prefix and from nothing else', () => {
  expect(runInPrefix('runs/flights/run-1/', 'flights')).toEqual({ pipeline: 'flights', run: 'run-1' });
  const others = ['', '/', 'runs/', 'runs/flights/', 'runs/flights//', 'runs/flights/../', 'runs/flights/run-1'];
  const stranger = ['runs/flights/a/b/', 'runs/flights-eu/run-1/', 'runs/flights/run%2F1/', 'results/flights/run-1/'];
  for (const prefix of [...others, ...stranger]) expect(runInPrefix(prefix, 'flights'), prefix).toBeUndefined();
});

it("no run's prefix is the beginning of another run's, also where one id begins with the other", () => {
  expect(runPrefix({ pipeline: 'flights', run: 'run-10' }).startsWith(runPrefix(id))).toBe(false);
  expect(runPrefix({ pipeline: 'flights-eu', run: 'run-1' }).startsWith('runs/flights/')).toBe(false);
});

describe('a key is refused where a name in it is', () => {
  const names = [
    '',
    '.',
    '..',
    '../other',
    'a/b',
    '/',
    'a\\b',
    'a b',
    'a\n',
    'ünï',
    'a\u0000',
    '*',
    '-a',
    '_a',
    'x'.repeat(81),
  ];
  const notNames = [undefined, null, 7, ['a'], { toString: () => 'a' }] as unknown as string[];
  const keys: [string, (name: string) => string][] = [
    ['the pipeline of a run prefix', (pipeline) => runPrefix({ ...id, pipeline })],
    ['the run of a run prefix', (run) => runPrefix({ ...id, run })],
    ['the task of a task prefix', (task) => taskPrefix({ ...id, task })],
    ['the pipeline of a commit record', (pipeline) => commitRecordKey({ ...id, pipeline })],
    ['the run of an output', (run) => outputKey({ ...id, run }, attempt, 'table')],
    ['the name of an output', (output) => outputKey(id, attempt, output)],
    ['the run of a result', (run) => resultKey({ ...id, run }, 'table', 'csv')],
    ['the name of a result', (output) => resultKey(id, output, 'csv')],
    ['the name of a folder of results', (output) => resultFolder(id, output)],
  ];

  it.each(keys)('%s', (_, keyOf) => {
    for (const name of [...names, ...notNames])
      expect(
        codeOf(() => keyOf(name)),
        JSON.stringify(name),
      ).toBe('InvalidName');
  });

  it.each(['', '.', '..', 'a/b', '.a', '_a', '-a', 'a b', 'a\n', 'ünï', 'x'.repeat(65)])('the chunk %j', (chunk) => {
    for (const keyOf of [taskPrefix, (id: TaskId) => outputKey(id, attempt, 'table')])
      expect(codeOf(() => keyOf({ ...id, chunk }))).toBe('InvalidName');
    expect(codeOf(() => resultKey({ ...id, chunk }, 'table', 'csv'))).toBe('InvalidName');
  });

  it('with a message that holds the name and the rule', () => {
    expect(() => runPrefix({ ...id, run: 'a/b' })).toThrow(/"a\/b".*80 characters/);
  });

  it.each([
    ['run id', 80, (run: string) => runPrefix({ ...id, run })],
    ['pipeline name', 63, (pipeline: string) => runPrefix({ ...id, pipeline })],
    ['task name', 63, (task: string) => taskPrefix({ ...id, task })],
    ['output name', 63, (output: string) => outputKey(id, attempt, output)],
  ])('but a %s of %i characters is allowed, and one more is not', (_, most, keyOf) => {
    expect(keyOf('x'.repeat(most))).toContain('x'.repeat(most));
    expect(codeOf(() => keyOf('x'.repeat(most + 1)))).toBe('InvalidName');
  });

  it('a run id may start with a digit, as EventBridge makes them; a task name may not', () => {
    expect(runPrefix({ ...id, run: '0f8fad5b-d9cb-469f-a165-70867728950e' })).toContain('/0f8fad5b-');
    expect(codeOf(() => taskPrefix({ ...id, task: '1st' }))).toBe('InvalidName');
  });
});

describe('an attempt id', () => {
  it('is the number of the attempt and a random part', () => {
    expect(attemptIdOf(2, '9f3ac1d0')).toBe(attempt);
    expect(attemptNumberOf(attempt)).toBe(2);
    expect(attemptNumberOf(attemptIdOf(999_999, '00000000'))).toBe(999_999);
  });

  it.each([
    '',
    '2',
    '2-',
    '2-9f3ac1d',
    '2-9f3ac1d00',
    '2-9F3AC1D0',
    '0-9f3ac1d0',
    '-1-9f3ac1d0',
    '02-9f3ac1d0',
    '1.5-9f3ac1d0',
    '2-9f3ac1d0/',
    '../2-9f3ac1d0',
    '2-9f3ac1d0\n',
    '_committed.json',
    '1000000-9f3ac1d0',
  ])('is not %j: it has no number, and no key', (text) => {
    expect(attemptNumberOf(text)).toBeUndefined();
    expect(codeOf(() => attemptPrefix(id, text))).toBe('InvalidName');
    expect(codeOf(() => outputKey(id, text, 'table'))).toBe('InvalidName');
  });
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof ContractError) return error.code;
    throw error;
  }
}
