import type { Denial } from '../../local/index.ts';
import type { Style } from '../terminal.ts';
import { formatCount } from './units.ts';

export const NOT_CHECKED =
  'permissions are not checked: @cloud-copilot/iam-simulate, an optional dependency, is not installed';

/** What a success does not show: code that takes a denial for a missing object, or that catches it. */
export function renderDenials(denials: readonly Denial[], style: (style: Style, text: string) => string): string {
  const calls = formatCount(denials.length, 'call');
  const heading = `${calls} denied, here as on AWS; the run succeeded all the same`;
  return [
    style('yellow', heading),
    ...denials.map(({ who, action, resource }) => `  ${who}: ${action} on ${resource}`),
  ].join('\n');
}
