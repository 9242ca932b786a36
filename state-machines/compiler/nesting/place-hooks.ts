/**
 * Places the hooks of groups in the nest of the tasks: behind all that they are about, and beside whatever comes after it,
 * so that no task ever waits for a hook.
 */

import { inDependencyOrder, type PlannedHook } from '../../graph/plan.ts';
import { type Structure, structureOf, tasksOf } from '../structure.ts';

/** @param hooks of groups; each depends on its group's tasks, and on the hooks that come before it */
export function placeHooks(tasks: Structure, hooks: readonly PlannedHook[]): Structure {
  const own = new Set(hooks.map(({ name }) => name));
  const among = (names: ReadonlySet<string>) => (hook: PlannedHook) => ({
    ...hook,
    dependencies: hook.dependencies.filter((name) => names.has(name)),
  });
  // Inner groups come first: the hooks of outer ones wait for theirs.
  const byGroup = Map.groupBy(inDependencyOrder(hooks.map(among(own))), groupOf);
  let structure = tasks;
  for (const [group] of byGroup) {
    const unit = hooks.filter((hook) => groupOf(hook) === group);
    const names = new Set(unit.map(({ name }) => name));
    const behind = new Set(unit.flatMap(({ dependencies }) => dependencies.filter((name) => !names.has(name))));
    structure = place(structure, structureOf(unit.map(among(names))), behind);
  }
  return structure;
}

function groupOf({ owner }: PlannedHook): string {
  return owner.kind === 'group' ? owner.group : '';
}

/** What comes after the structure as a whole waits for the unit too: it is called where nothing does. */
function place(structure: Structure, unit: Structure, behind: ReadonlySet<string>): Structure {
  if (structure.kind === 'task') return combined('sequence', [structure, unit]);
  const { kind, parts } = structure;
  const holds = (part: Structure) => tasksOf(part).some((name) => behind.has(name));
  const last = parts.findLastIndex(holds);
  const inside = (index: number) => combined(kind, parts.with(index, place(parts[index] as Structure, unit, behind)));

  if (kind === 'parallel')
    return parts.filter(holds).length === 1 ? inside(last) : combined('sequence', [structure, unit]);
  const rest = parts.slice(last + 1);
  if (rest.length > 0) {
    const beside = combined('parallel', [combined('sequence', rest), unit]);
    return combined('sequence', [...parts.slice(0, last + 1), beside]);
  }
  return parts.filter(holds).length === 1 ? inside(last) : combined('sequence', [...parts, unit]);
}

/** A part of the same kind is taken apart, and one part alone is what it is. */
function combined(kind: 'sequence' | 'parallel', parts: readonly Structure[]): Structure {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  return flat.length === 1 && flat[0] ? flat[0] : { kind, parts: flat };
}
