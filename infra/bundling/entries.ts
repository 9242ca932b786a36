/** What is bundled of a pipeline: the handlers of its tasks and hooks, and those that come with every pipeline. */

import { CLEANUP_PLACEHOLDER } from '../../state-machines/compiler/placeholders.ts';
import type { AnyFormat, FormatKind } from '../../state-machines/graph/formats.ts';
import type { Plan, PlannedTask } from '../../state-machines/graph/plan.ts';
import type { BundleEntry } from './bundle.ts';

/** In the bundles, where no task has such a name. */
export const REAPER = '_reaper';

export function taskEntries(plan: Plan, files: Readonly<Record<string, string>>): Record<string, BundleEntry> {
  const entries = plan.functions.map((task): [string, BundleEntry] => [
    task.name,
    { file: files[task.name] ?? '', neverImports: codecsNotOf(task) },
  ]);
  return Object.fromEntries(entries);
}

export const OWN_ENTRIES: Readonly<Record<string, BundleEntry>> = {
  [CLEANUP_PLACEHOLDER]: { file: handlerOf('cleanup') },
  [REAPER]: { file: handlerOf('reaper') },
};

/** The codecs of formats that a task does not read, or does not write. */
function codecsNotOf(task: PlannedTask): (file: string) => boolean {
  const kinds = (data: Readonly<Record<string, { format: AnyFormat }>>) =>
    Object.values(data).map(({ format }) => format.kind);
  const used = { decode: new Set(kinds(task.inputs)), encode: new Set(kinds(task.outputs)) };
  return (file) => {
    const [, direction, kind] = /runtime\/codecs\/(decode|encode)\/(\w+)\.[jt]s$/.exec(file) ?? [];
    return direction !== undefined && !used[direction as keyof typeof used].has(kind as FormatKind);
  };
}

/** Beside this file, as TypeScript in the repo and as JavaScript in the package. */
function handlerOf(name: 'cleanup' | 'reaper'): string {
  return import.meta.filename.replace(/entries\.(ts|js)$/, `../../lambdas/${name}/handler.$1`);
}
