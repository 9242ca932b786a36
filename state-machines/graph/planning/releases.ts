/** When outputs go: what the author of a graph says of it, checked and with its defaults. */

import { isObject } from '../../contract/objects.ts';
import { show } from '../../contract/show.ts';
import { type GraphProblem, problem } from '../errors.ts';
import { didYouMeanOneOf } from '../nearest.ts';
import type { Release } from '../settings.ts';
import type { AnyTaskHandle, TaskDef } from '../task.ts';

const RELEASES: readonly unknown[] = ['consumed', 'run'] satisfies Release[];

/** @param where names the option's owner for the reader of a problem */
export function checkRelease(where: string, given: unknown, option: string = 'release'): GraphProblem[] {
  if (given === undefined || RELEASES.includes(given)) return [];
  return [problem('InvalidTask', `${where}: ${option} is ${show(given)}; it must be "consumed" or "run"`)];
}

export function checkReleases({ name, outputs, definition }: AnyTaskHandle): GraphProblem[] {
  const { release }: TaskDef = definition;
  const where = `task "${name}"`;
  if (!isObject(release)) {
    const allowed = 'it must be "consumed" or "run", or one of them by output: { raw: "run" }';
    if (release === undefined || RELEASES.includes(release)) return [];
    return [problem('InvalidTask', `${where}: release is ${show(release)}; ${allowed}`)];
  }
  const known = Object.keys(outputs);
  return Object.entries(release).flatMap(([output, given]) => {
    if (known.includes(output)) return checkRelease(where, given, `release.${output}`);
    const mend = known.length > 0 ? didYouMeanOneOf(output, known) : '; it has none at all';
    return [problem('InvalidTask', `${where}: release names ${show(output)}, which is no output of it${mend}`)];
  });
}

/**
 * Whether an output goes once it is consumed.
 *
 * @param ofGraph what the graph says for all of its tasks
 */
export function releasesOf(
  declared: readonly { readonly handle: AnyTaskHandle }[],
  ofGraph: unknown = 'consumed',
): (task: string, output: string) => boolean {
  const byTask = new Map(declared.map(({ handle: { name, definition } }) => [name, (definition as TaskDef).release]));
  return (task, output) => {
    const ofTask: unknown = byTask.get(task);
    const ofOutput = isObject(ofTask) ? Object.entries(ofTask).find(([name]) => name === output)?.[1] : ofTask;
    return (ofOutput ?? ofGraph) === 'consumed';
  };
}
