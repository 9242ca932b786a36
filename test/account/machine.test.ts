import { describe, expect, it, vi } from 'vitest';
import { failure, machine, parallelOf, taskState } from '../local/fixtures.ts';
import { Machine, type MachineOptions, type StatusChange } from './machine.ts';

function machineOf(options: Partial<MachineOptions> = {}): Machine {
  const definition = machine({ a: taskState() });
  return new Machine({ name: 'flights', definition, invoke: async () => 'done', waits: 'none', ...options });
}

/** Never answers. */
const hang = () => new Promise<never>(() => undefined);

describe('an execution', () => {
  it('runs, and can be described before and after its end', async () => {
    const flights = machineOf();
    flights.start('run-1', { day: 1 });
    expect(flights.describe('run-1')).toMatchObject({ status: 'RUNNING', input: { day: 1 } });
    const state = await flights.over('run-1');
    expect(state).toMatchObject({ status: 'SUCCEEDED', input: { day: 1 }, output: '"done"' });
    expect(flights.describe('run-1')).toEqual(state);
    expect(flights.history('run-1')).toEqual(['a']);
  });

  it('that fails tells its error and its cause', async () => {
    const flights = machineOf({ invoke: () => Promise.reject(failure('Broken', 'no disk')) });
    flights.start('run-1', {});
    expect(await flights.over('run-1')).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'no disk' });
  });

  it('that takes longer than its machine allows is TIMED_OUT', async () => {
    const flights = machineOf({ definition: machine({ a: taskState() }, { TimeoutSeconds: 1 }), invoke: hang });
    flights.start('run-1', {});
    expect(await flights.over('run-1')).toMatchObject({ status: 'TIMED_OUT' });
  });

  it('has a name that none had before', async () => {
    const flights = machineOf();
    expect(flights.start('run-1', {})).toBe(true);
    expect(() => flights.start('run-1', { other: true })).toThrow(
      expect.objectContaining({ name: 'ExecutionAlreadyExists' }),
    );
    expect(flights.start('run-1', {})).toBe(false);
    await flights.over('run-1');
    expect(() => flights.start('run-1', {})).toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
  });

  it('has the names of the states that it enters in its history, in branches too, and none of the interpreter', async () => {
    const iterator = { Type: 'Map', ItemsPath: '$', ItemSelector: { 'x.$': '$$.Map.Item.Value' } };
    const flights = machineOf({
      definition: machine({
        all: parallelOf(['b', 'c']),
        each: { ...iterator, ItemProcessor: machine({ d: taskState() }) },
      }),
    });
    flights.start('run-1', {});
    await flights.over('run-1');
    expect(flights.history('run-1').toSorted()).toEqual(['all', 'b', 'c', 'd', 'd', 'each']);
  });
});

describe('an execution that is stopped', () => {
  it('is ABORTED at once, with the error and the cause that were given', () => {
    const flights = machineOf({ invoke: hang });
    flights.start('run-1', {});
    flights.stop('run-1', { error: 'Tired', cause: 'enough for today' });
    expect(flights.describe('run-1')).toMatchObject({ status: 'ABORTED', error: 'Tired', cause: 'enough for today' });
  });

  it('leaves its functions running', async () => {
    const called = Promise.withResolvers<void>();
    const more = Promise.withResolvers<void>();
    const written = Promise.withResolvers<string>();
    const flights = machineOf({
      invoke: async () => {
        called.resolve();
        await more.promise;
        written.resolve('late');
      },
    });
    flights.start('run-1', {});
    await called.promise;
    flights.stop('run-1');
    more.resolve();
    expect(await written.promise).toBe('late');
    expect(flights.describe('run-1')).toMatchObject({ status: 'ABORTED' });
  });

  it.each(['a', 'all', 'b', 'c'])('as it enters %s calls no function from then on', async (last) => {
    const invoke = vi.fn(async ({ state }: { readonly state: string }) => state);
    const flights: Machine = machineOf({
      definition: machine({ a: taskState(), all: parallelOf(['b']), c: taskState() }),
      invoke,
      onState: (execution, state) => state === last && flights.stop(execution),
    });
    flights.start('run-1', {});
    expect(await flights.over('run-1')).toMatchObject({ status: 'ABORTED' });
    await new Promise(setImmediate);
    expect(flights.history('run-1').at(-1)).toBe(last);
    expect(invoke.mock.calls.map(([{ state }]) => state)).not.toContain(last);
  });

  it('after its end stays as it ended', async () => {
    const flights = machineOf();
    flights.start('run-1', {});
    await flights.over('run-1');
    flights.stop('run-1');
    expect(flights.describe('run-1')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('must be there', () => {
    expect(() => machineOf().stop('run-1')).toThrow(expect.objectContaining({ name: 'ExecutionDoesNotExist' }));
  });
});

it('an execution can be ended as Step Functions ends one by itself', () => {
  const flights = machineOf({ invoke: hang });
  flights.start('run-1', {});
  flights.end('run-1', { status: 'FAILED', error: 'States.Runtime', cause: 'no such path' });
  expect(flights.describe('run-1')).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: 'no such path',
  });
});

describe('the event of a change of status', () => {
  it('is as EventBridge sends it', async () => {
    const events: StatusChange[] = [];
    const flights = machineOf({ invoke: () => Promise.reject(failure('Broken', 'no disk')) });
    flights.subscribe((event) => events.push(event));
    flights.start('run-1', { day: 1 });
    await flights.over('run-1');
    await new Promise(setImmediate);
    const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:flights:run-1';
    expect(events).toEqual(
      [
        { status: 'RUNNING', stopDate: null, error: null, cause: null },
        { status: 'FAILED', stopDate: expect.any(Number), error: 'Broken', cause: 'no disk' },
      ].map((detail) => ({
        version: '0',
        id: expect.any(String),
        'detail-type': 'Step Functions Execution Status Change',
        source: 'aws.states',
        account: '000000000000',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: 'us-east-1',
        resources: [executionArn],
        detail: {
          executionArn,
          stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:flights',
          name: 'run-1',
          startDate: expect.any(Number),
          input: '{"day":1}',
          inputDetails: { included: true },
          output: null,
          outputDetails: null,
          ...detail,
        },
      })),
    );
  });

  it('leaves out an input and an output that are too large for it', async () => {
    const large = 'x'.repeat(200_000);
    const ended = Promise.withResolvers<StatusChange['detail']>();
    const flights = machineOf({ invoke: async () => large });
    flights.subscribe(({ detail }) => detail.status === 'SUCCEEDED' && ended.resolve(detail));
    flights.start('run-1', large);
    expect(await ended.promise).toMatchObject({
      input: null,
      inputDetails: { included: false },
      output: JSON.stringify(large),
      outputDetails: { included: true },
    });
  });
});
