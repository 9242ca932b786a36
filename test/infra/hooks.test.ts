import { join } from 'node:path';
import validate from 'asl-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { json, TaskGraph } from '../../state-machines/index.ts';
import {
  functionOf,
  resourcesOf,
  roleStatements,
  type Synthesized,
  statementsOf,
  synthesize,
  temporaryFolder,
  writeTinyHandlers,
} from './fixtures.ts';

const folder = temporaryFolder();
const graph = new TaskGraph('trips');
const extract = graph.addTask('extract', { outputs: { stats: json<{ rows: number }>() } });
graph.addErrorsTask('alert', { inputs: { stats: extract.outputs.stats } });
graph.addFinallyTask('report', { outputs: { text: json<string>() }, timeoutSeconds: 60 });
graph.addAfterExecutionTask('notify');
const plan = graph.build();
let synthesized: Synthesized;

beforeAll(() => {
  synthesized = synthesize(join(folder, 'out'), { plan, handlers: writeTinyHandlers(join(folder, 'handlers'), plan) });
});

function machineOf(name: string) {
  const machines = resourcesOf(synthesized.template, 'AWS::StepFunctions::StateMachine');
  const machine = machines.find(({ id }) => id.startsWith(`Trips${name}`));
  if (!machine) throw new Error(`no machine ${name} among ${machines.map(({ id }) => id).join(', ')}`);
  return machine;
}

describe('a hook', () => {
  it('has a function as a task has one', () => {
    expect(functionOf(synthesized.template, 'report').Properties).toMatchObject({
      Timeout: 60,
      Description: 'Ebbtide: the finally task report of trips',
      Environment: { Variables: { EBBTIDE_TASK: 'report' } },
    });
  });

  const TAKING_OVER = ['ReadLeases', 'TakeRunsOver'];

  it('may read its inputs and its own record, write its own outputs, and take over a run that is resumed', () => {
    const actions = (name: string) =>
      statementsOf(synthesized.template, name)
        .map(({ Sid }) => Sid)
        .filter(Boolean);
    expect(actions('alert')).toEqual([
      'ReadInputs',
      'WriteOwnRecords',
      'ReadOwnRecord',
      'ListOwnAttempts',
      ...TAKING_OVER,
    ]);
    expect(actions('report')).toEqual([
      'WriteOwnAttempts',
      'WriteOwnRecords',
      'ReadOwnRecord',
      'ListOwnAttempts',
      ...TAKING_OVER,
    ]);
  });

  it('after the execution may touch no bucket at all', () => {
    const statements = statementsOf(synthesized.template, 'notify');
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.startsWith('s3:'))).toEqual([]);
  });
});

describe('the finalizer', () => {
  it('is a state machine that is valid, with the functions of the hooks and the cleanup', () => {
    const { DefinitionString, DefinitionSubstitutions } = machineOf('Finalizer').Properties;
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:x';
    const definition = JSON.parse(DefinitionString.replaceAll(/\$\{\w+\}/g, arn));
    expect(validate(definition)).toMatchObject({ isValid: true });
    expect(Object.keys(DefinitionSubstitutions).toSorted()).toEqual(['Cleanup', 'alert', 'notify', 'report']);
  });

  it('and the pipeline may invoke the functions that they name, and no others', () => {
    const invocable = (machine: string) =>
      roleStatements(synthesized.template)
        .filter(({ role, Sid }) => role.startsWith(`Trips${machine}Role`) && Sid === 'InvokeFunctions')
        .flatMap(({ Resource }) => [Resource].flat());
    const arnsOf = (names: string[]) => names.map((name) => `<${functionOf(synthesized.template, name).id}.Arn>`);
    expect(invocable('StateMachine').toSorted()).toEqual(arnsOf(['extract', 'alert', 'report', 'Cleanup']).toSorted());
    expect(invocable('Finalizer').toSorted()).toEqual(arnsOf(['alert', 'report', 'notify', 'Cleanup']).toSorted());
  });
});

it('a hook without a handler is refused as one', () => {
  const error = (() => {
    try {
      return synthesize(join(folder, 'none-out'), { plan, handlers: join(folder, 'nowhere') });
    } catch (cause) {
      return cause as Error;
    }
  })();
  expect(error).toMatchObject({ code: 'HandlerMissing', message: expect.stringContaining('hook "alert": looked for') });
});
