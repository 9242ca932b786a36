import { expect, it } from 'vitest';
import { outlineOf } from '../../../cli/live/outline.ts';
import { signsFor } from '../../../cli/live/signs.ts';
import { TaskGraph } from '../../../state-machines/index.ts';

/** @param edges such as `A > B` */
function outline(edges: readonly string[]): string {
  const graph = new TaskGraph('trips');
  for (const name of new Set(edges.flatMap((edge) => edge.split(' > ')))) graph.addTask(name);
  for (const edge of edges) {
    const [before = '', after = ''] = edge.split(' > ');
    graph.addDependency(before, after);
  }
  const places = outlineOf(graph.build(), signsFor({}, 'linux'));
  return places.map(({ guide, task }) => guide + task).join('\n');
}

it.each([
  ['a chain has no branches', ['a > b', 'b > c'], ['a', 'b', 'c']],
  ['a diamond has two', ['a > b', 'a > c', 'b > d', 'c > d'], ['a', '├ b', '└ c', 'd']],
  [
    'what follows in a branch stands below what it follows, in the same branch',
    ['a > b', 'b > c', 'a > d', 'd > e', 'c > f', 'e > f'],
    ['a', '├ b', '│ c', '└ d', '  e', 'f'],
  ],
  [
    'branches have branches',
    ['a > b', 'b > c', 'b > d', 'a > e', 'c > f', 'd > f', 'e > f'],
    ['a', '├ b', '│ ├ c', '│ └ d', '└ e', 'f'],
  ],
])('%s', (_, edges, rows) => {
  expect(outline(edges).split('\n')).toEqual(rows);
});

it.each<[NodeJS.ProcessEnv, NodeJS.Platform, string]>([
  [{ TERM: 'xterm-256color' }, 'linux', '✓'],
  [{ TERM: 'linux' }, 'linux', '+'],
  [{}, 'darwin', '✓'],
  [{}, 'win32', '+'],
  [{ WT_SESSION: '1' }, 'win32', '✓'],
  [{ TERM_PROGRAM: 'vscode' }, 'win32', '✓'],
])('with %j on %s a success is %s', (env, platform, sign) => {
  expect(signsFor(env, platform).states.SUCCEEDED).toBe(sign);
});
