import { join } from 'node:path';
import validate from 'asl-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { json, TaskGraph } from '../../state-machines/index.ts';
import {
  functionOf,
  type Properties,
  readable,
  resourcesOf,
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

const only = (type: string): Properties => {
  const [resource, ...more] = resourcesOf(synthesized.template, type);
  if (!resource || more.length > 0) throw new Error(`${more.length + 1} of ${type}`);
  return readable(resource.Properties);
};

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

  it('may read its inputs and its own record, and write its own outputs', () => {
    const actions = (name: string) =>
      statementsOf(synthesized.template, name)
        .map(({ Sid }) => Sid)
        .filter(Boolean);
    expect(actions('alert')).toEqual(['ReadInputs', 'WriteOwnRecords', 'ReadOwnRecord', 'ListOwnAttempts']);
    expect(actions('report')).toEqual(['WriteOwnAttempts', 'WriteOwnRecords', 'ReadOwnRecord', 'ListOwnAttempts']);
  });

  it('after the execution may touch no bucket at all', () => {
    const statements = statementsOf(synthesized.template, 'notify');
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.startsWith('s3:'))).toEqual([]);
  });
});

describe('after-execution tasks', () => {
  it('have a state machine of their own, which is valid', () => {
    const { DefinitionString, DefinitionSubstitutions } = machineOf('AfterExecution').Properties;
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:x';
    const definition = JSON.parse(DefinitionString.replaceAll(/\$\{\w+\}/g, arn));
    expect(validate(definition)).toMatchObject({ isValid: true });
    expect(Object.keys(DefinitionSubstitutions)).toEqual(['notify']);
    expect(DefinitionString).toContain('${notify}');
  });

  it('and the pipeline may invoke their own functions each', () => {
    const invoking = resourcesOf(synthesized.template, 'AWS::IAM::Policy').flatMap(({ id, Properties }) =>
      Properties['PolicyDocument']['Statement']
        .filter(({ Sid }: Properties) => Sid === 'InvokeFunctions')
        .map((statement: Properties) => [id, [readable(statement)['Resource']].flat().length]),
    );
    expect(invoking).toHaveLength(2);
    expect(Object.fromEntries(invoking.map(([id, count]) => [String(id).slice(0, 19), count]))).toEqual({
      TripsStateMachineRo: 4,
      TripsAfterExecution: 1,
    });
  });

  it('start when an execution has ended, in whatever way', () => {
    expect(only('AWS::Events::Rule')).toMatchObject({
      State: 'ENABLED',
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [`<${machineOf('StateMachine').id}>`],
        },
      },
      Targets: [
        {
          Arn: `<${machineOf('AfterExecution').id}>`,
          RetryPolicy: { MaximumRetryAttempts: 8, MaximumEventAgeInSeconds: 7_200 },
          DeadLetterConfig: { Arn: expect.stringMatching(/^<TripsExecutionEndedLost.*\.Arn>$/) },
        },
      ],
    });
  });

  it('are started by a role that may do nothing else', () => {
    const statements = resourcesOf(synthesized.template, 'AWS::IAM::Policy')
      .filter(({ id }) => id.startsWith('TripsExecutionEndedRole'))
      .flatMap(({ Properties }) => Properties['PolicyDocument']['Statement'].map(readable));
    expect(statements).toEqual([
      { Effect: 'Allow', Action: 'states:StartExecution', Resource: `<${machineOf('AfterExecution').id}>` },
    ]);
  });

  it('leave the events that could not start them in a queue that is encrypted, at rest and on the way', () => {
    expect(only('AWS::SQS::Queue')).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    const [insecure, fromTheRule] = only('AWS::SQS::QueuePolicy')['PolicyDocument']['Statement'];
    expect(insecure).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(fromTheRule).toMatchObject({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': expect.stringMatching(/^<TripsExecutionEnded.*\.Arn>$/) } },
    });
  });

  it('cost nothing where there are none', () => {
    const bare = new TaskGraph('trips');
    bare.addTask('extract');
    const handlers = writeTinyHandlers(join(folder, 'bare'), bare.build());
    const { template, pipeline } = synthesize(join(folder, 'bare-out'), { plan: bare.build(), handlers });

    for (const type of ['AWS::Events::Rule', 'AWS::SQS::Queue']) template.resourceCountIs(type, 0);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 1);
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
