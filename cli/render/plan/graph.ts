/** The graph as text: a line a task, wave by wave, with what each takes from where; and how it was nested. */

import type { TaskWaits, Wait, WaitReason } from '../../../state-machines/compiler/waits.ts';
import type { Structure } from '../../../state-machines/index.ts';
import { listed } from './lines.ts';

export function renderGraph(waves: readonly (readonly string[])[], waits: readonly TaskWaits[]): string[] {
  const waitsOf = new Map(waits.map((one) => [one.task, one.for]));
  const numberWidth = String(waves.length - 1).length;
  const nameWidth = Math.max(...waves.flat().map((name) => name.length));
  return waves.flatMap((wave, number) =>
    wave.flatMap((name, index) => {
      const lead = `  ${(index === 0 ? String(number) : '').padStart(numberWidth)}  ${name}`;
      const items = (waitsOf.get(name) ?? []).flatMap(waitTexts);
      if (items.length === 0) return [lead];
      return listed(`${lead.padEnd(numberWidth + nameWidth + 4)}  ← `, items);
    }),
  );
}

export function waitTexts({ on, reasons }: Wait): string[] {
  return [...new Set(reasons.map((reason) => reasonText(on, reason)))];
}

function reasonText(on: string, reason: WaitReason): string {
  switch (reason.kind) {
    case 'input':
      return `${on}.${reason.output}${reason.optional ? ' (optional)' : ''}`;
    case 'chunks':
      return `each chunk of ${on}.${reason.output}`;
    case 'condition':
      return `${[on, reason.output, ...reason.path].join('.')} (condition)`;
    case 'order':
      return `after ${on}`;
    default:
      return reason satisfies never;
  }
}

/** What stands in one column runs one after the other; what hangs on one line, at the same time. */
export function renderStructure(structure: Structure): string[] {
  switch (structure.kind) {
    case 'task':
      return [structure.task];
    case 'sequence':
      return structure.parts.flatMap(renderStructure);
    case 'parallel':
      return structure.parts.flatMap((part, index) => {
        const isLast = index + 1 === structure.parts.length;
        // A parallel is never a part of a parallel, and a sequence begins with whatever it begins with.
        return renderStructure(part).map((line, row) =>
          row === 0 ? `${branchSign(index, isLast)} ${line}` : `${isLast ? '  ' : '│ '} ${line}`,
        );
      });
    default:
      return structure satisfies never;
  }
}

function branchSign(index: number, isLast: boolean): string {
  if (index === 0) return '┌─';
  return isLast ? '└─' : '├─';
}
