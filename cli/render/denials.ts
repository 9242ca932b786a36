import type { Denial } from '../../history/events.ts';
import { formatCount } from '../../history/units.ts';
import type { StyleText } from '../terminal.ts';

export const NOT_CHECKED =
  'permissions are not checked: @cloud-copilot/iam-simulate, an optional dependency, is not installed';

/** What a run's end does not show: code that takes a denial for a missing object, or that catches it. */
export function renderDenials(denials: readonly Denial[], succeeded: boolean, style: StyleText): string {
  const kinds = formatCount(denials.length, 'kind');
  const heading = `${kinds} of call denied, by the roles of the Pipeline as it is deployed${succeeded ? '; the run succeeded all the same' : ''}`;
  return [
    style('yellow', heading),
    ...denials.map(({ who, action, resource }) => `  ${who}: ${action} on ${resource}`),
  ].join('\n');
}
