import { expect, it } from 'vitest';
import { executionUrl, logEventsUrl } from '../../aws/console.ts';

it.each([
  ['aws', 'eu-west-1', 'https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#'],
  ['aws-cn', 'cn-north-1', 'https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#'],
  [
    'aws-us-gov',
    'us-gov-west-1',
    'https://us-gov-west-1.console.amazonaws-us-gov.com/states/home?region=us-gov-west-1#',
  ],
])('the console of %s in %s has its own host', (partition, region, address) => {
  const arn = `arn:${partition}:states:${region}:123456789012:execution:Flights:run-1`;
  expect(executionUrl({ partition, region }, arn)).toBe(`${address}/v2/executions/details/${arn}`);
});

it('what CloudWatch is to show stands in the fragment, encoded twice', () => {
  const url = logEventsUrl({ partition: 'aws', region: 'eu-west-1' }, '/aws/lambda/f', '{ $.run = "r" }', 1, 2);
  const [, fragment = ''] = url.split('#logsV2:log-groups/log-group/');
  expect(fragment).not.toContain('%');
  const decoded = decodeURIComponent(fragment.replaceAll('$', '%'));
  const [group = '', query = ''] = decoded.split('/log-events');
  expect(decodeURIComponent(group)).toBe('/aws/lambda/f');
  expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
    filterPattern: '{ $.run = "r" }',
    start: '1',
    end: '2',
  });
});
