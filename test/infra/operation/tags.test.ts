import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { TAGS, tagValue } from '../../../state-machines/contract/tags.ts';
import { resourcesOf, synthesize, temporaryFolder, writeHandlers } from '../fixtures.ts';

const folder = temporaryFolder();
const { template } = synthesize(join(folder, 'out'), { handlers: writeHandlers(join(folder, 'handlers')) });

describe('the tags by which a pipeline is found', () => {
  it('are on its two machines', () => {
    const resource = (name: string) => ({ Ref: Match.stringLikeRegexp(`^Trips${name}[0-9A-F]{8}$`) });
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      Tags: [
        { Key: TAGS.deployment, Value: 'Stack/Trips' },
        { Key: TAGS.finalizer, Value: resource('Finalizer') },
        { Key: TAGS.pipeline, Value: 'trips' },
        { Key: TAGS.resultsBucket, Value: resource('Results') },
        { Key: TAGS.runsBucket, Value: resource('Runs') },
      ],
    });
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      Tags: [{ Key: TAGS.finalizerOf, Value: 'Stack/Trips' }],
    });
  });

  it('are on nothing else', () => {
    const tagged = Object.values(template.toJSON()['Resources'] as Record<string, { Type: string }>).filter(
      (resource) => JSON.stringify(resource).includes('"ebbtide:'),
    );
    expect(tagged.map(({ Type }) => Type)).toEqual(Array(2).fill('AWS::StepFunctions::StateMachine'));
    expect(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).toHaveLength(2);
  });
});

it.each([
  ['Stack/A-b_c.1', 'Stack/A-b_c.1'],
  ['Stack/Trips (north) & "south"', 'Stack/Trips _north_ _ _south_'],
  ['x'.repeat(300), 'x'.repeat(256)],
])('%j is a tag as %j', (text, value) => {
  expect(tagValue(text)).toBe(value);
});
