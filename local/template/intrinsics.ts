/** CloudFormation's functions, with the names and ARNs that things have here. */

import { ACCOUNT, functionArn, REGION, stateMachineArn } from '../assembly-model.ts';
import type { Template } from './template.ts';

/** A value of the template without its functions. @throws Error for a function that no resource of a pipeline needs */
export type Resolve = (value: unknown) => unknown;

const PSEUDO_PARAMETERS: Readonly<Record<string, string | undefined>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Local',
  'AWS::NoValue': undefined,
};

/** @param bucketNames by logical id; everything else is named after its logical id, unless the template names it */
export function resolverOf({ Resources }: Template, bucketNames: Readonly<Record<string, string>>): Resolve {
  const nameOf = (id: string): string => {
    const { Type = '', Properties = {} } = Resources[id] ?? {};
    if (Type === 'AWS::S3::Bucket') return bucketNames[id] ?? id.toLowerCase();
    const given = Properties[NAME_PROPERTIES[Type] ?? ''];
    return typeof given === 'string' ? given : id;
  };
  const arnOf = (id: string): string => {
    const name = nameOf(id);
    const type = Resources[id]?.Type ?? '';
    return ARNS[type]?.(name) ?? `arn:aws:${type.split('::')[1]?.toLowerCase()}:${REGION}:${ACCOUNT}:${name}`;
  };
  const ref = (id: string) => {
    if (id in PSEUDO_PARAMETERS) return PSEUDO_PARAMETERS[id];
    return REFERRED_TO_BY_ARN.has(Resources[id]?.Type ?? '') ? arnOf(id) : nameOf(id);
  };
  const getAtt = (id: string, attribute: string) => {
    if (attribute === 'Arn') return arnOf(id);
    return attribute === 'Name' || attribute === 'QueueName' ? nameOf(id) : `${id}.${attribute}`;
  };
  const resolve: Resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const [[name, given] = ['', undefined], ...more] = Object.entries(value);
    if (more.length > 0 || (name !== 'Ref' && !name.startsWith('Fn::')))
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
    // biome-ignore lint/suspicious/noExplicitAny: the arguments of whichever function it is
    const args: any = name === 'Fn::Sub' ? [given].flat() : resolve(given);
    switch (name) {
      case 'Ref':
        return ref(args);
      case 'Fn::GetAtt':
        return typeof args === 'string' ? getAtt(...(args.split('.') as [string, string])) : getAtt(args[0], args[1]);
      case 'Fn::Join':
        return args[1].join(args[0]);
      case 'Fn::Split':
        return args[1].split(args[0]);
      case 'Fn::Select':
        return args[1][Number(args[0])];
      case 'Fn::Sub':
        return args[0].replace(/\$\{([^}]+)\}/g, (_: string, inner: string) => {
          // Left as it is, without the mark that says so.
          if (inner.startsWith('!')) return `\${${inner.slice(1)}}`;
          if (Object.hasOwn(args[1] ?? {}, inner)) return String(resolve(args[1][inner]));
          const [id = '', ...attribute] = inner.split('.');
          return String(attribute.length > 0 ? getAtt(id, attribute.join('.')) : ref(inner));
        });
      default:
        throw new Error(`the template has ${name}, for which there is no value here`);
    }
  };
  return resolve;
}

const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SNS::Topic': 'TopicName',
};

const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::Lambda::Function': functionArn,
  'AWS::StepFunctions::StateMachine': stateMachineArn,
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  // With the star, which stands for its streams.
  'AWS::Logs::LogGroup': (name) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:*`,
};

const REFERRED_TO_BY_ARN: ReadonlySet<string> = new Set(['AWS::StepFunctions::StateMachine', 'AWS::SNS::Topic']);
