import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { refuseLargeDefinition, refuseLargeStack } from '../../infra/limits.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { temporaryFolder } from './fixtures.ts';

const outdir = temporaryFolder();

/** A definition of so many bytes as the compiler counts them, with a function named so often. */
function definitionOf(bytes: number, functions: number): Definition {
  const States = Object.fromEntries(
    Array.from({ length: functions }, (_, index) => [`t${index}`, { Type: 'Task', Resource: '${t}' }]),
  );
  const definition = { StartAt: 't0', Comment: '', States };
  const Comment = 'x'.repeat(bytes - JSON.stringify(definition).length);
  return { ...definition, Comment } as unknown as Definition;
}

describe('a definition', () => {
  it.each([
    [1_048_576, 0],
    [1_000_000, 300],
  ])('of %i bytes with %i functions fits, ARNs and all', (bytes, functions) => {
    expect(() => refuseLargeDefinition('trips', 'definition', definitionOf(bytes, functions))).not.toThrow();
  });

  it('that fits only as long as its ARNs are short is refused, with its size', () => {
    expect(() => refuseLargeDefinition('trips', 'definition', definitionOf(1_000_000, 500))).toThrow(
      expect.objectContaining({
        name: 'GraphError',
        problems: [
          expect.objectContaining({
            code: 'LimitExceeded',
            limit: { name: 'definition', used: 1_059_500, allowed: 1_048_576 },
          }),
        ],
      }),
    );
  });
});

describe('a stack', () => {
  function stackOf(resources: number, context: Record<string, unknown> = {}): Stack {
    const stack = new Stack(new App({ context, outdir }), 'Stack');
    for (let index = 0; index < resources; index++) new CfnResource(stack, `R${index}`, { type: 'AWS::S3::Bucket' });
    return stack;
  }

  it('of 500 resources is what CloudFormation takes', () => {
    expect(() => refuseLargeStack(stackOf(500), 'trips')).not.toThrow();
  });

  it('of 501 resources is refused, with what to do', () => {
    expect(() => refuseLargeStack(stackOf(501), 'trips')).toThrow(
      expect.objectContaining({ code: 'PipelineInvalid', message: expect.stringContaining('501 resources') }),
    );
  });

  it('may be allowed more, as CDK lets one', () => {
    const context = { '@aws-cdk/core:stackResourceLimit': 0 };
    expect(() => refuseLargeStack(stackOf(501, context), 'trips')).not.toThrow();
  });
});
