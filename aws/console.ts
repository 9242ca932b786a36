/** Addresses of AWS's console. */

import type { MachineArn } from './arns.ts';

export type Place = Pick<MachineArn, 'partition' | 'region'>;

export function executionUrl(place: Place, executionArn: string): string {
  return inConsole(place, 'states', `/v2/executions/details/${encodeURI(executionArn)}`);
}

/** @param filter in CloudWatch's filter syntax @param from milliseconds since 1970 */
export function logEventsUrl(place: Place, logGroup: string, filter: string, from: number, to?: number): string {
  const query = [
    `filterPattern=${encodeURIComponent(filter)}`,
    `start=${from}`,
    ...(to === undefined ? [] : [`end=${to}`]),
  ].join('&');
  return inConsole(
    place,
    'cloudwatch',
    `logsV2:log-groups/log-group/${twice(logGroup)}/log-events${dollar(`?${query}`)}`,
  );
}

function inConsole({ partition, region }: Place, service: string, path: string): string {
  return `https://${region}.${hostOf(partition)}/${service}/home?region=${region}#${path}`;
}

function hostOf(partition: string): string {
  if (partition === 'aws-cn') return 'console.amazonaws.cn';
  return partition === 'aws-us-gov' ? 'console.amazonaws-us-gov.com' : 'console.aws.amazon.com';
}

/** The fragment is decoded twice there, with `$` in the place of `%`. */
function twice(text: string): string {
  return dollar(encodeURIComponent(text));
}

function dollar(query: string): string {
  return encodeURIComponent(query).replaceAll('%', '$');
}
