import { describe, expect, it } from 'vitest';
import { parseCleanupEvent } from '../../state-machines/contract/cleanup-events.ts';
import { ContractError } from '../../state-machines/contract/errors.ts';
import { marksOf, stopMarksOf } from '../../state-machines/contract/marks.ts';
import {
  parseAttemptMarker,
  parseCommitRecord,
  parseHolder,
  parseLease,
  parseResultRecord,
} from '../../state-machines/contract/records.ts';
import { parseTaskEvent } from '../../state-machines/contract/task-events.ts';

const GARBAGE = [undefined, null, true, 0, 'run-1', [], {}, [{ run: 'run-1' }]].map((value: unknown) => ({ value }));

describe('a task event', () => {
  const event = { run: 'run-1', input: { day: '2001-01-01' }, retryCount: 0 };

  it('is what the state machine sends, and nothing besides', () => {
    expect(parseTaskEvent({ ...event, more: 1 })).toEqual({ ...event, execution: 'run-1' });
  });

  it.each([null, 'text', { a: [1] }, 7])('takes %j for an input', (input) => {
    expect(parseTaskEvent({ ...event, input }).input).toEqual(input);
  });

  it.each(GARBAGE)('is not $value', ({ value }) => {
    expect(() => parseTaskEvent(value)).toThrow(ContractError);
  });

  it.each([-1, 0.5, '0', null, undefined, Number.NaN])('has a count of retries, which %s is not', (retryCount) => {
    expect(() => parseTaskEvent({ ...event, retryCount })).toThrow(expect.objectContaining({ code: 'InvalidEvent' }));
  });

  it('is about the run that its input resumes', () => {
    const input = { resume: 'run-0' };
    expect(parseTaskEvent({ ...event, input })).toMatchObject({ run: 'run-0', execution: 'run-1', input });
  });

  it.each(['', '..', 'a/b', 'runs/', 7, null, 'run-1'])('resumes a run of another name, which %j is not', (resume) => {
    expect(() => parseTaskEvent({ ...event, input: { resume } })).toThrow(
      expect.objectContaining({ code: 'InvalidName' }),
    );
  });

  it.each(['', '..', 'a/b', 'x'.repeat(81), 7, null])('has a run id, which %j is not', (run) => {
    expect(() => parseTaskEvent({ ...event, run })).toThrow(expect.objectContaining({ code: 'InvalidName' }));
  });
});

describe('a task event for chunks or a hook', () => {
  const event = { run: 'run-1', input: {}, retryCount: 0 };

  it.each([
    { chunks: ['a', '2001-01.x_1'] },
    { chunks: [] },
    { gather: true },
    { state: { out: {}, up: { out: { a: { status: 'SUCCEEDED' } } } } },
  ])('has also %j', (more) => {
    expect(parseTaskEvent({ ...event, ...more })).toEqual({ ...event, execution: 'run-1', ...more });
  });

  it('of an after-execution task has no input', () => {
    expect(parseTaskEvent({ run: 'run-1', retryCount: 0, state: {} })).toEqual({
      ...event,
      execution: 'run-1',
      input: undefined,
      state: {},
    });
  });

  it.each([
    { chunks: 'a' },
    { chunks: null },
    { chunks: [{ id: 'a' }] },
    { chunks: ['a/b'] },
    { chunks: ['..'] },
    { chunks: [7] },
    { state: null },
    { state: [] },
    { state: 'x' },
  ])('is not one with %j', (more) => {
    expect(() => parseTaskEvent({ ...event, ...more })).toThrow(expect.objectContaining({ code: 'InvalidEvent' }));
  });
});

describe('a cleanup event', () => {
  const event = {
    run: 'run-1',
    input: {},
    startedAt: '2026-01-02T03:04:05.678Z',
    tasks: { a: 0, b: 2 },
    shape: '0123456789abcdef',
    state: { out: {} },
  };
  const parsed = { ...event, execution: 'run-1' };
  const tasks = [
    { name: 'a', retries: 0 },
    { name: 'b', retries: 2 },
  ];

  it('is what the state machine sends, and nothing besides', () => {
    expect(parseCleanupEvent({ ...event, more: 1 })).toEqual({ ...parsed, tasks });
  });

  it('is about the run that its input resumes', () => {
    const input = { resume: 'run-0' };
    expect(parseCleanupEvent({ ...event, input })).toMatchObject({ run: 'run-0', execution: 'run-1', input });
  });

  it.each(['..', 'run-1'])('says that %j cannot be resumed, and is about the run of its own name', (resume) => {
    expect(parseCleanupEvent({ ...event, input: { resume } })).toMatchObject({
      run: 'run-1',
      unresumable: expect.stringContaining(resume),
    });
  });

  it('of a sweep tells the run, and nothing besides', () => {
    const sweep = { run: 'run-1', input: { resume: 'run-0' }, sweep: true };
    expect(parseCleanupEvent({ ...sweep, more: 1 })).toEqual({ ...sweep, run: 'run-0', execution: 'run-1' });
  });

  it.each([{ shape: 7 }, { keepOnFailureSeconds: -1 }, { keepOnFailureSeconds: '1' }, { status: 'RUNNING' }])(
    'is not one with %j',
    (more) => {
      expect(() => parseCleanupEvent({ ...event, ...more })).toThrow(expect.objectContaining({ code: 'InvalidEvent' }));
    },
  );

  it('has the hooks of the pipeline, where it has any', () => {
    const hooks = { close: 1 };
    expect(parseCleanupEvent({ ...event, hooks })).toEqual({
      ...parsed,
      tasks,
      hooks: [{ name: 'close', retries: 1 }],
    });
  });

  it.each(GARBAGE)('is not $value', ({ value }) => {
    expect(() => parseCleanupEvent(value)).toThrow(ContractError);
  });

  const mark = { status: 'SUCCEEDED', values: { 'stats.rows': 1 }, chunks: { work: [['a']] } };
  const failed = { Error: 'Boom', Cause: '{}' };
  it.each([
    { state: { out: { a: mark, '0': [{ b: failed }, {}] } } },
    { state: { out: { a: { status: 'OMITTED' } }, errors: [{ alarm: mark }], finally: [{ close: failed }, {}] } },
    { state: { Error: 'TaskFailed', Cause: '{"a":{"Error":"Boom"}}' } },
    { state: { Error: 'States.Timeout', Cause: '', out: { a: mark }, finally: [{ close: mark }] } },
    { state: { out: {}, errorsLost: failed, finallyLost: { Error: 'States.DataLimitExceeded' } } },
    { state: { Error: 'Boom' }, notesOnly: true },
    { state: { done: false, result: {}, Error: 'TaskFailed' } },
  ])('may be %j', (more) => {
    expect(parseCleanupEvent({ ...event, ...more })).toEqual({ ...parsed, tasks, ...more });
  });

  it.each([
    { state: { errors: [] } },
    { state: { out: {}, errors: {} } },
    { state: { out: {}, finally: [{ close: 'SUCCEEDED' }] } },
    { state: { out: 1, Error: 'Boom' } },
    { state: { out: {}, finallyLost: 'x' } },
    { hooks: { close: '1' } },
  ])('is not one with %j', (more) => {
    expect(() => parseCleanupEvent({ ...event, ...more })).toThrow(expect.objectContaining({ code: 'InvalidEvent' }));
  });

  it.each([
    ['run', ['', '..', 'a/b', 7], 'InvalidName'],
    ['startedAt', ['', 'yesterday', 1_767_323_045_678, null], 'InvalidEvent'],
    ['tasks', [undefined, 'a', ['a'], { 'a/b': 0 }, { a: 'two' }, { a: 0.5 }, { a: null }, { 0: 1 }], 'InvalidEvent'],
    ['state', [undefined, null, 'out', [], {}, { out: 1 }], 'InvalidEvent'],
  ])('has a %s, which none of %j is', (field, values, code) => {
    for (const value of values) {
      expect(() => parseCleanupEvent({ ...event, [field]: value })).toThrow(expect.objectContaining({ code }));
    }
  });
});

describe('the marks of a run', () => {
  it('are found at any depth of its nested state', () => {
    const succeeded = { status: 'SUCCEEDED' } as const;
    const failed = { Error: 'Boom', Cause: '{}' };
    const out = { a: succeeded, 'b + c': [{ b: failed }, { c: succeeded, 'd + e': [{ d: succeeded }, {}] }] };
    expect(Object.fromEntries(marksOf(out))).toEqual({ a: succeeded, b: failed, c: succeeded, d: succeeded });
  });

  it('are none where no task has run', () => {
    expect(marksOf({ 'a + b': [{}, {}] }).size).toBe(0);
  });
});

describe('the tasks that stopped a run', () => {
  const failed = { Error: 'Boom', Cause: '{}' };

  it('are in the cause of its error', () => {
    const stopped = stopMarksOf({ Error: 'TaskFailed', Cause: JSON.stringify({ a: failed }) });
    expect(Object.fromEntries(stopped ?? [])).toEqual({ a: failed });
  });

  it.each([
    { Error: 'States.Timeout', Cause: JSON.stringify({ a: failed }) },
    { Error: 'TaskFailed', Cause: 'a failed' },
    { Error: 'TaskFailed', Cause: '{"a":1}' },
    { Error: 'TaskFailed' },
    {},
  ])('are not in %j', (end) => {
    expect(stopMarksOf(end)).toBeUndefined();
  });
});

describe('a record', () => {
  const commit = {
    version: 1,
    attemptId: '1-9f3ac1d0',
    attempt: 1,
    retriesUsed: 0,
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 12,
    bytesIn: 0,
    outputs: { raw: { key: 'runs/p/r/t/1-9f3ac1d0/raw', bytes: 5, rows: 1 } },
  };
  const marker = { version: 1, startedAt: '2026-01-02T03:04:05.678Z', requestId: 'r' };
  const lease = {
    version: 1,
    until: '2026-01-03T00:00:00.000Z',
    keptAt: '2026-01-02T00:00:00.000Z',
    execution: 'run-1',
    holder: 0,
    shape: '0123456789abcdef',
  };
  const holder = { version: 1, by: { execution: 'run-2' }, at: '2026-01-02T00:00:00.000Z' };
  const parsers: [string, object, (text: string, key: string) => unknown][] = [
    ['a commit record', commit, parseCommitRecord],
    ['an attempt marker', marker, parseAttemptMarker],
    ['a lease', lease, parseLease],
    ['a holder', holder, parseHolder],
    ['the result of a run', { version: 1, execution: 'run-1', result: { tasks: {} } }, parseResultRecord],
  ];

  describe.each(parsers)('%s', (_, record, parse) => {
    it('reads back as it was written', () => {
      expect(parse(JSON.stringify(record), 'the-key')).toEqual(record);
    });

    const text = JSON.stringify(record);
    it.each([
      ['nothing', ''],
      ['half of one', text.slice(0, text.length / 2)],
      ['null', 'null'],
      ['a number', '1'],
      ['a list', `[${text}]`],
      ['an empty object', '{}'],
      ['a version alone', '{"version":1}'],
      ['one of version 2', JSON.stringify({ ...record, version: 2 })],
    ])('is not %s, and the error names its key', (_, garbage) => {
      expect(() => parse(garbage, 'the-key')).toThrow(expect.objectContaining({ code: 'InvalidRecord' }));
      expect(() => parse(garbage, 'the-key')).toThrow(/the-key/);
    });
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['text', 'raw'],
    ['missing', undefined],
  ])('a commit record whose outputs are %s is none', (_, outputs) => {
    expect(() => parseCommitRecord(JSON.stringify({ ...commit, outputs }), 'the-key')).toThrow(ContractError);
  });

  it.each([{ until: 'soon' }, { until: undefined }, { holder: -1 }, { holder: '0' }, { holder: 0.5 }, { shape: 7 }])(
    'a lease with %j is none',
    (wrong) => {
      expect(() => parseLease(JSON.stringify({ ...lease, ...wrong }), 'the-key')).toThrow(ContractError);
    },
  );

  it.each([{ by: 'me' }, { by: { execution: '../run-1' } }, { by: {} }, { by: null }])(
    'a holder with %j is none',
    (wrong) => {
      expect(() => parseHolder(JSON.stringify({ ...holder, ...wrong }), 'the-key')).toThrow(ContractError);
    },
  );

  it('the reaper can be a holder', () => {
    expect(parseHolder(JSON.stringify({ ...holder, by: 'reaper' }), 'the-key').by).toBe('reaper');
  });
});
