import { describe, expect, it, vi } from 'vitest';
import { type InterpretOptions, type Invocation, interpret } from '../../local/interpreter.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { type AnyState, failure, machine, parallelOf, taskState } from './fixtures.ts';

function run(definition: Definition, invoke: InterpretOptions['invoke'], options: Partial<InterpretOptions> = {}) {
  return interpret(definition, { name: 'run-1', input: {}, invoke, waits: 'none', ...options });
}

/** Lets whatever can go on go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
const hang = () => new Promise<never>(() => undefined);

const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 2 }];

/** As the compiler writes one for a chunk-parallel task. */
function inlineMap(chunk: AnyState = {}, rest: AnyState = {}): AnyState {
  return {
    Type: 'Map',
    ItemsPath: "$.out['list'].chunks['extract']",
    MaxConcurrency: 4,
    ItemSelector: {
      'run.$': '$$.Execution.Name',
      'input.$': '$$.Execution.Input',
      'chunks.$': '$$.Map.Item.Value',
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: 'extract chunk',
      States: {
        'extract chunk': taskState({
          Parameters: {
            'run.$': '$.run',
            'input.$': '$.input',
            'retryCount.$': '$$.State.RetryCount',
            'chunks.$': '$.chunks',
          },
          ResultSelector: {},
          Retry: RETRY,
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'extract chunk failed' }],
          End: true,
          ...chunk,
        }),
        'extract chunk failed': { Type: 'Pass', End: true },
      },
    },
    ResultPath: null,
    ...rest,
  };
}

/** State data with the mark of the task that listed the chunks. */
function listed(chunks: unknown, more: object = {}) {
  return { out: { list: { status: 'SUCCEEDED', chunks: { extract: chunks } } }, ...more };
}

const BATCHES = [['a'], ['b', 'c'], ['d']];
const chunksOf = ({ payload }: Invocation) => (payload as { chunks: string[] }).chunks;

describe('an inline Map', () => {
  it('hands each item to its function as the selector says', async () => {
    const invoke = vi.fn(async (_: Invocation) => ({}));
    const input = listed(BATCHES);
    const end = await run(machine({ extract: inlineMap() }), invoke, { input });
    expect(end).toEqual({ status: 'SUCCEEDED', output: input });
    expect(invoke.mock.calls.map(([{ state, payload }]) => [state, payload])).toEqual(
      BATCHES.map((chunks) => ['extract chunk', { run: 'run-1', input, retryCount: 0, chunks }]),
    );
  });

  it('has results in the order of the items, whichever ended first', async () => {
    const definition = machine({ extract: inlineMap({ ResultSelector: { 'is.$': '$' } }, { ResultPath: '$.all' }) });
    const gates = BATCHES.map(() => Promise.withResolvers<void>());
    const end = run(
      definition,
      async (invocation) => {
        const [chunk = ''] = chunksOf(invocation);
        await gates[BATCHES.findIndex(([first]) => first === chunk)]?.promise;
        return chunk;
      },
      { input: listed(BATCHES) },
    );
    for (const gate of gates.toReversed()) {
      gate.resolve();
      await settle();
    }
    expect(await end).toMatchObject({ output: { all: [{ is: 'a' }, { is: 'b' }, { is: 'd' }] } });
  });

  it('without items runs nothing', async () => {
    const definition = machine({ extract: inlineMap({}, { ResultPath: '$.all' }) });
    expect(await run(definition, hang, { input: listed([]) })).toMatchObject({ output: { all: [] } });
  });

  it('without a selector and an ItemsPath takes the input for the list of items', async () => {
    const processor = machine({ one: taskState() });
    const invoke = vi.fn(async ({ payload }: Invocation) => payload);
    const end = await run(machine({ all: { Type: 'Map', ItemProcessor: processor } }), invoke, {
      input: [null, 0, 'x', [1]],
    });
    expect(end).toEqual({ status: 'SUCCEEDED', output: [null, 0, 'x', [1]] });
  });

  it.each([
    [1, 1],
    [4, 4],
    [0, 40],
    [undefined, 40],
    [100, 40],
  ])('with MaxConcurrency %s never runs more than %i items at once', async (maxConcurrency, most) => {
    const items = Array.from({ length: 100 }, (_, index) => [`c${index}`]);
    const map = inlineMap({}, { MaxConcurrency: maxConcurrency });
    let now = 0;
    let atMost = 0;
    const invoke = async () => {
      now += 1;
      atMost = Math.max(atMost, now);
      await new Promise(setImmediate);
      now -= 1;
      return {};
    };
    expect((await run(machine({ extract: map }), invoke, { input: listed(items) })).status).toBe('SUCCEEDED');
    expect(atMost).toBe(most);
  });

  it('counts the retries of each item by themselves', async () => {
    const seen: string[] = [];
    const failing: Record<string, number> = { a: 2, b: 0, d: 1 };
    const invoke = async (invocation: Invocation) => {
      const [chunk = ''] = chunksOf(invocation);
      const { retryCount } = invocation.payload as { retryCount: number };
      seen.push(`${chunk} ${retryCount} ${invocation.retryCount}`);
      await new Promise(setImmediate);
      if (retryCount < (failing[chunk] ?? 0)) throw failure('Broken');
      return {};
    };
    expect((await run(machine({ extract: inlineMap() }), invoke, { input: listed(BATCHES) })).status).toBe('SUCCEEDED');
    expect(seen.toSorted()).toEqual(['a 0 0', 'a 1 1', 'a 2 2', 'b 0 0', 'd 0 0', 'd 1 1']);
  });

  it('goes on where an item fails and catches that itself', async () => {
    const done: string[] = [];
    const invoke = async (invocation: Invocation) => {
      const [chunk = ''] = chunksOf(invocation);
      if (chunk === 'b') throw failure('Broken');
      done.push(chunk);
      return {};
    };
    const end = await run(machine({ extract: inlineMap({}, { MaxConcurrency: 1 }) }), invoke, {
      input: listed(BATCHES),
    });
    expect(end.status).toBe('SUCCEEDED');
    expect(done).toEqual(['a', 'd']);
  });

  it('fails with an item that nothing catches, and starts no further one', async () => {
    const map = inlineMap(
      { Catch: [] },
      { MaxConcurrency: 1, Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failed', Next: 'after' }] },
    );
    const invoke = vi.fn(async () => Promise.reject(failure('Broken', 'why')));
    const end = await run(machine({ extract: map, after: { Type: 'Pass', End: true } }), invoke, {
      input: listed(BATCHES),
    });
    await settle();
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { failed: { Error: 'Broken', Cause: 'why' } } });
    expect(invoke).toHaveBeenCalledTimes(3);
  });

  it('whose items are no list ends the execution, past every Catch', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'after' }];
    const definition = machine({ extract: inlineMap({}, { Catch }), after: { Type: 'Pass', End: true } });
    const end = await run(definition, hang, { input: listed({ no: 'list' }) });
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });

  it('starts nothing further once the execution is aborted, and retries nothing', async () => {
    const stop = new AbortController();
    const killed = Promise.withResolvers<never>();
    const invoke = vi.fn((_: Invocation): Promise<unknown> => killed.promise);
    const end = run(machine({ extract: inlineMap({}, { MaxConcurrency: 2 }) }), invoke, {
      input: listed(BATCHES),
      signal: stop.signal,
    });
    await vi.waitFor(() => expect(invoke).toHaveBeenCalledTimes(2));
    stop.abort();
    expect(await end).toEqual({ status: 'ABORTED' });
    killed.reject(failure('Runtime.ExitError'));
    await settle();
    expect(invoke).toHaveBeenCalledTimes(2);
  });

  it('has the same context inside an item, with the item in it, and in a Parallel there', async () => {
    const Parameters = {
      'run.$': '$$.Execution.Name',
      'input.$': '$$.Execution.Input',
      'item.$': '$$.Map.Item.Value',
      'at.$': '$$.Map.Item.Index',
    };
    const ItemProcessor = machine({ both: parallelOf(['x'], { Parameters }, { Parameters: {} }) });
    const payloads: unknown[] = [];
    await run(machine({ all: { Type: 'Map', ItemProcessor } }), async ({ payload }) => payloads.push(payload), {
      input: ['p', 'q'],
    });
    expect(payloads).toEqual(['p', 'q'].map((item, at) => ({ run: 'run-1', input: ['p', 'q'], item, at })));
  });

  it.each([
    ['input', { input: listed(BATCHES, { ballast: 'x'.repeat(262_144) }) }, {}],
    ['result', { input: listed(BATCHES) }, { ResultSelector: { 'is.$': '$' } }],
  ])('with an %s of more than 256 KiB fails, and States.ALL does not catch that', async (_, options, chunk) => {
    const map = inlineMap(chunk, {
      Catch: [
        { ErrorEquals: ['States.DataLimitExceeded'], ResultPath: null, Next: 'too large' },
        { ErrorEquals: ['States.ALL'], Next: 'other' },
      ],
    });
    const definition = machine({
      extract: map,
      other: { Type: 'Pass', Result: 'other', End: true },
      'too large': { Type: 'Pass', Result: 'too large', End: true },
    });
    const end = await run(definition, async () => 'x'.repeat(100_000), options);
    expect(end).toEqual({ status: 'SUCCEEDED', output: 'too large' });
  });
});

/** As the compiler writes one for more chunks at once than a state machine runs itself. */
function distributedMap(rest: AnyState = {}, chunk: AnyState = {}): AnyState {
  return {
    Type: 'Map',
    Label: 'extract',
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: 'runs', 'Key.$': "$.out['list'].chunks['extract']" },
    },
    ItemSelector: { 'id.$': '$$.Map.Item.Value.id' },
    ItemBatcher: {
      MaxItemsPerBatch: 2,
      BatchInput: { 'run.$': '$$.Execution.Name', 'input.$': '$$.Execution.Input' },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'extract chunk',
      States: {
        'extract chunk': taskState({
          Parameters: {
            'run.$': '$.BatchInput.run',
            'input.$': '$.BatchInput.input',
            'chunks.$': '$.Items[*].id',
            'retryCount.$': '$$.State.RetryCount',
          },
          ResultSelector: {},
          Retry: RETRY,
          End: true,
          ...chunk,
        }),
      },
    },
    MaxConcurrency: 100,
    ResultPath: null,
    Catch: [
      { ErrorEquals: ['States.ExceedToleratedFailureThreshold'], ResultPath: null, Next: 'exceeded' },
      { ErrorEquals: ['States.ALL'], ResultPath: '$.failed', Next: 'failed' },
    ],
    Next: 'gather',
    ...rest,
  };
}

function runDistributed(
  map: AnyState,
  ids: readonly string[] | string,
  invoke: InterpretOptions['invoke'],
  options: Partial<InterpretOptions> = {},
) {
  const states = ['gather', 'exceeded', 'failed'].map((name) => [name, { Type: 'Pass', End: true }]);
  const getObject = async (bucket: string, key: string) => {
    if (`${bucket}/${key}` !== 'runs/the/list') throw failure('NoSuchKey', 'no such key');
    return typeof ids === 'string' ? ids : JSON.stringify(ids.map((id) => ({ id, more: 'data' })));
  };
  const ended: Definition = machine({ extract: map, ...Object.fromEntries(states), done: { Type: 'Pass' } });
  return run(ended, invoke, { input: listed('the/list'), getObject, ...options });
}

const onMap = vi.fn();
const IDS = ['a', 'b', 'c', 'd', 'e'];

describe('a Distributed Map', () => {
  it('hands its items in batches to executions of their own', async () => {
    const payloads: unknown[] = [];
    const end = await runDistributed(distributedMap(), IDS, async ({ payload }) => payloads.push(payload));
    const input = listed('the/list');
    expect(end).toEqual({ status: 'SUCCEEDED', output: input });
    expect(payloads).toEqual(
      [['a', 'b'], ['c', 'd'], ['e']].map((chunks) => ({ run: 'run-1', input, chunks, retryCount: 0 })),
    );
  });

  it('gives each child a name, an input and a start of its own', async () => {
    const Parameters = { 'name.$': '$$.Execution.Name', 'input.$': '$$.Execution.Input' };
    const payloads: { name: string; input: unknown }[] = [];
    await runDistributed(distributedMap({}, { Parameters }), IDS, async ({ payload }) =>
      payloads.push(payload as { name: string; input: unknown }),
    );
    const run1 = { run: 'run-1', input: listed('the/list') };
    expect(payloads.map(({ input }) => input)).toEqual(
      [['a', 'b'], ['c', 'd'], ['e']].map((ids) => ({ BatchInput: run1, Items: ids.map((id) => ({ id })) })),
    );
    expect(new Set(['run-1', ...payloads.map(({ name }) => name)]).size).toBe(4);
  });

  it('of an empty list runs nothing', async () => {
    expect(await runDistributed(distributedMap(), [], hang)).toEqual({
      status: 'SUCCEEDED',
      output: listed('the/list'),
    });
  });

  it('of more items than an inline one may run at once runs as many as it says', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `c${index}`);
    let now = 0;
    let atMost = 0;
    const end = await runDistributed(distributedMap(), ids, async () => {
      now += 1;
      atMost = Math.max(atMost, now);
      await settle();
      now -= 1;
      return {};
    });
    expect(end.status).toBe('SUCCEEDED');
    expect(atMost).toBe(100);
  });

  it('counts the retries of each child by themselves', async () => {
    const seen: string[] = [];
    await runDistributed(distributedMap(), IDS, async (invocation) => {
      const { retryCount } = invocation.payload as { retryCount: number };
      seen.push(`${chunksOf(invocation)} ${retryCount}`);
      if (retryCount === 0) throw failure('Broken');
      return {};
    });
    expect(seen.toSorted()).toEqual(['a,b 0', 'a,b 1', 'c,d 0', 'c,d 1', 'e 0', 'e 1']);
  });

  it.each<[string, AnyState, string[], string]>([
    ['without a tolerance fails with its first child', {}, ['e'], 'exceeded'],
    ['counts all items of a batch that fails: 2 are not more than 2', { ToleratedFailureCount: 2 }, ['a'], 'gather'],
    ['counts all items of a batch that fails: 2 are more than 1', { ToleratedFailureCount: 1 }, ['a'], 'exceeded'],
    ['tolerates a share of the items', { ToleratedFailurePercentage: 40 }, ['a'], 'gather'],
    ['tolerates no more than that', { ToleratedFailurePercentage: 39 }, ['a'], 'exceeded'],
    ['tolerates all to fail at 100 %', { ToleratedFailurePercentage: 100 }, ['a', 'c', 'e'], 'gather'],
    [
      'holds to both where both are given',
      { ToleratedFailurePercentage: 100, ToleratedFailureCount: 0 },
      ['e'],
      'exceeded',
    ],
  ])('%s', async (_, tolerance, failing, goesOnWith) => {
    const to = (name: string) => ({ [name]: { Type: 'Pass', Result: name, End: true } });
    const definition = machine({
      extract: distributedMap(tolerance),
      ...to('gather'),
      ...to('exceeded'),
      ...to('failed'),
    });
    const getObject = async () => JSON.stringify(IDS.map((id) => ({ id })));
    const invoke = async (invocation: Invocation) => {
      if (failing.includes(chunksOf(invocation)[0] ?? '')) throw failure('Broken');
      return {};
    };
    const end = await run(definition, invoke, { input: listed('the/list'), getObject });
    expect(end).toEqual({ status: 'SUCCEEDED', output: goesOnWith });
  });

  it('stops the children that run once too many have failed, and starts no others', async () => {
    const calls: string[] = [];
    const end = await runDistributed(distributedMap({ MaxConcurrency: 2 }, { Retry: [] }), IDS, (invocation) => {
      calls.push(chunksOf(invocation).join());
      return calls.length === 2 ? Promise.reject(failure('Broken')) : hang();
    });
    await settle();
    expect(end.status).toBe('SUCCEEDED');
    expect(calls).toEqual(['a,b', 'c,d']);
  });

  it.each([
    ['is not there', "$.out['list'].status", '[]', 'NoSuchKey'],
    ['is no JSON', "$.out['list'].chunks['extract']", '{bad', 'JSON'],
    ['is no list', "$.out['list'].chunks['extract']", '{}', 'no JSON list'],
  ])('whose list %s fails as States.ItemReaderFailed', async (_, key, text, words) => {
    const map = distributedMap();
    const reader = { ...(map['ItemReader'] as object), Parameters: { Bucket: 'runs', 'Key.$': key } };
    const end = await runDistributed({ ...map, ItemReader: reader }, text, hang);
    expect(end).toMatchObject({
      output: { failed: { Error: 'States.ItemReaderFailed', Cause: expect.stringContaining(words) } },
    });
  });

  it('without a batcher makes each item an input', async () => {
    const { ItemBatcher: _, ...map } = distributedMap({}, { Parameters: { 'seen.$': '$' } });
    const payloads: unknown[] = [];
    await runDistributed(map as AnyState, ['a', 'b'], async ({ payload }) => payloads.push(payload));
    expect(payloads).toEqual([{ seen: { id: 'a' } }, { seen: { id: 'b' } }]);
  });

  it('is aborted with its execution, children and all', async () => {
    const stop = new AbortController();
    const killed = Promise.withResolvers<never>();
    const invoke = vi.fn((_: Invocation): Promise<unknown> => killed.promise);
    const end = runDistributed(distributedMap({ MaxConcurrency: 2 }), IDS, invoke, { signal: stop.signal });
    await vi.waitFor(() => expect(invoke).toHaveBeenCalledTimes(2));
    stop.abort();
    expect(await end).toEqual({ status: 'ABORTED' });
    killed.reject(failure('Runtime.ExitError'));
    await settle();
    expect(invoke).toHaveBeenCalledTimes(2);
  });

  it('whose children answer more than 256 KiB together fails', async () => {
    const map = distributedMap({ Catch: [] }, { ResultSelector: { 'is.$': '$' } });
    const end = await runDistributed(map, IDS, async () => 'x'.repeat(100_000));
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

it.each([
  [
    'an inline Map',
    () => run(machine({ extract: inlineMap() }), async () => ({}), { input: listed(BATCHES), onMap }),
    BATCHES,
  ],
  [
    'a Distributed Map',
    () => runDistributed(distributedMap(), IDS, async () => ({}), { onMap }),
    IDS.map((id) => ({ id, more: 'data' })),
  ],
])('%s tells of its items as it begins', async (_, runIt, items) => {
  onMap.mockClear();
  await runIt();
  expect(onMap.mock.calls).toEqual([['extract', items]]);
});
