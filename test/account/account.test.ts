import { describe, expect, it } from 'vitest';
import { STATES } from '../../state-machines/contract/states.ts';
import { machine, taskState } from '../local/fixtures.ts';
import { Account } from './account.ts';

const INPUT = {
  execution: 'run-1',
  status: 'ABORTED',
  startedAt: '2026-11-20T21:35:00.000Z',
  input: {},
  todo: 'hooks',
  end: { Error: 'Aborted', Cause: '' },
  detail: { name: 'run-1', status: 'ABORTED' },
} as const;

function open(invoke: () => Promise<unknown> = async () => ({})): Account {
  return new Account({
    name: 'flights',
    definition: machine({ a: taskState(), [STATES.cleanup]: taskState() }),
    finalizer: machine({ [STATES.sweep]: taskState() }),
    invoke,
    waits: 'none',
  });
}

describe('an account', () => {
  it('knows nothing of an execution that it never had', async () => {
    const account = open();
    expect(await account.describe('run-1')).toBeUndefined();
    expect(await account.finalizer('run-1')).toBe('none');
  });

  it('starts the finalizer of an execution once, though it is over', async () => {
    const account = open();
    expect(await account.startFinalizer(INPUT)).toBe(true);
    expect(await account.finalizer('run-1')).toBe('running');
    await account.finalizers.over('run-1');
    expect(await account.finalizer('run-1')).toBe('over');
    expect(await account.startFinalizer(INPUT)).toBe(false);
  });

  it('tells whether an execution came to its cleanup', async () => {
    const account = open(() => new Promise(() => undefined));
    account.pipeline.start('run-1', {});
    expect(await account.enteredCleanup('run-1')).toBe(false);
    const over = open();
    over.pipeline.start('run-1', {});
    await over.pipeline.over('run-1');
    expect(await over.enteredCleanup('run-1')).toBe(true);
  });

  it('lists executions that are over and have no finalizer', async () => {
    const account = open();
    for (const name of ['run-1', 'run-2']) {
      account.pipeline.start(name, {});
      await account.pipeline.over(name);
    }
    account.pipeline.start('run-3', {});
    await account.startFinalizer(INPUT);
    expect(await Array.fromAsync(account.withoutFinalizer({ succeeded: true }))).toEqual(['run-2']);
  });

  it('forgets an execution that is long over, and gives its name away again', async () => {
    const account = open();
    account.pipeline.start('run-1', {});
    await account.pipeline.over('run-1');
    account.pipeline.forget('run-1');
    expect(await account.describe('run-1')).toBeUndefined();
    expect(account.pipeline.start('run-1', {})).toBe(true);
  });

  it('tells a rule of the ends that it asks for, and of no others', async () => {
    const account = open();
    const heard: string[] = [];
    account.onEnd(['ABORTED'], ({ detail }) => heard.push(detail.name));
    account.pipeline.start('run-1', {});
    await account.pipeline.over('run-1');
    account.pipeline.start('run-2', {});
    account.pipeline.stop('run-2');
    await new Promise(setImmediate);
    expect(heard).toEqual(['run-2']);
  });
});
