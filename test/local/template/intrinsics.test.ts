import { describe, expect, it } from 'vitest';
import { resolverOf } from '../../../local/template/intrinsics.ts';

const template = {
  Resources: {
    Runs: { Type: 'AWS::S3::Bucket', Properties: {} },
    Work: { Type: 'AWS::Lambda::Function', Properties: {} },
    Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: {} },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/vendedlogs/states/x' } },
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Lost: { Type: 'AWS::SQS::Queue', Properties: {} },
  },
};
const resolve = resolverOf(template, { Runs: 'runs' });
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:Machine';

describe('a value of the template', () => {
  it.each([
    [{ Ref: 'Runs' }, 'runs'],
    [{ 'Fn::GetAtt': ['Runs', 'Arn'] }, 'arn:aws:s3:::runs'],
    [{ Ref: 'Work' }, 'Work'],
    [{ 'Fn::GetAtt': ['Work', 'Arn'] }, 'arn:aws:lambda:us-east-1:000000000000:function:Work'],
    [{ Ref: 'Machine' }, MACHINE],
    [{ 'Fn::GetAtt': ['Machine', 'Name'] }, 'Machine'],
    [{ 'Fn::GetAtt': 'Role.Arn' }, 'arn:aws:iam::000000000000:role/Role'],
    // With the star that CloudFormation puts there.
    [{ 'Fn::GetAtt': ['Logs', 'Arn'] }, 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/x:*'],
    [{ 'Fn::GetAtt': ['Lost', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:Lost'],
    [{ 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Runs', 'Arn'] }, '/runs/*']] }, 'arn:aws:s3:::runs/runs/*'],
    [
      { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Runs}/${!aws:userid}/${Work.Arn}' },
      'arn:aws:s3:::runs/${aws:userid}/arn:aws:lambda:us-east-1:000000000000:function:Work',
    ],
    [{ 'Fn::Sub': ['${Name}-${AWS::Region}', { Name: { Ref: 'Runs' } }] }, 'runs-us-east-1'],
    [{ 'Fn::Select': [6, { 'Fn::Split': [':', { Ref: 'Machine' }] }] }, 'Machine'],
    [
      { a: [{ Ref: 'AWS::AccountId' }], b: { c: 1 } },
      { a: ['000000000000'], b: { c: 1 } },
    ],
  ])('%j is %j', (value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it('with a function that is not known here is an error that says so', () => {
    expect(() => resolve({ 'Fn::ImportValue': 'x' })).toThrow('Fn::ImportValue');
  });
});
