/**
 * A plan as a flowchart in Mermaid's text, which GitHub and others draw. The same plan gives the same text always.
 *
 * Whatever stands in a graph (a condition may hold any text) stands in the drawing as it is: all but letters, digits and
 * harmless signs are written as entities, and nodes are named by number, so that no task's name is a word of Mermaid's.
 */

import { dependenciesOf, type Wait, type WaitReason } from '../../../state-machines/compiler/waits.ts';
import { isDistributed, type Plan, type PlannedHook, type PlannedTask } from '../../../state-machines/graph/plan.ts';
import { conditionText } from '../condition.ts';
import { hookText } from './hooks.ts';

const RUN = 'run';

export function renderMermaid(plan: Plan): string {
  const ids = new Map([
    ...plan.tasks.map(({ name }, index): [string, string] => [name, `t${index}`]),
    ...plan.hooks.map(({ name }, index): [string, string] => [name, `h${index}`]),
  ]);
  const id = (name: string) => ids.get(name) ?? RUN;
  return [
    'flowchart TD',
    `  subgraph ${RUN}["${escaped(plan.pipeline)}"]`,
    ...plan.tasks.map((task) => `    ${id(task.name)}["${taskLabel(task)}"]`),
    ...plan.tasks.flatMap((task) => dependenciesOf(task).map((wait) => `    ${taskEdge(wait, id, id(task.name))}`)),
    '  end',
    ...plan.hooks.map((hook) => `  ${id(hook.name)}(["${lines([hook.name, hookText(hook)])}"])`),
    ...plan.hooks.flatMap((hook) => hookEdges(hook, id).map((edge) => `  ${edge}`)),
  ].join('\n');
}

function taskLabel({ name, each, when }: PlannedTask): string {
  const chunks = each
    ? [`for each chunk, ${each.maxConcurrency} at once${isDistributed(each) ? ', in executions of their own' : ''}`]
    : [];
  return lines([name, ...chunks, ...(when ? [`when ${conditionText(when)}`] : [])]);
}

/** Data in full lines, chunks in thick ones; what is only looked at, or only ordered, in dotted ones. */
function taskEdge({ on, reasons }: Wait, id: (name: string) => string, to: string): string {
  const kinds = new Set(reasons.map(({ kind }) => kind));
  const label = escaped([...new Set(reasons.map(reasonText))].join(', '));
  if (kinds.has('chunks')) return `${id(on)} ==>|"${label}"| ${to}`;
  return kinds.has('input') ? `${id(on)} -->|"${label}"| ${to}` : `${id(on)} -.->|"${label}"| ${to}`;
}

function reasonText(reason: WaitReason): string {
  switch (reason.kind) {
    case 'input':
      return reason.optional ? `${reason.output} (optional)` : reason.output;
    case 'chunks':
      return `each of ${reason.output}`;
    case 'condition':
      return `${[reason.output, ...reason.path].join('.')} (condition)`;
    case 'order':
      return 'then';
    default:
      return reason satisfies never;
  }
}

/** From what it is about (a task, the tasks of a group, all of them), and from what it takes or comes after. */
function hookEdges(hook: PlannedHook, id: (name: string) => string): string[] {
  const { owner, about } = hook;
  const to = id(hook.name);
  const from = owner.kind === 'graph' ? [RUN] : about.map(id);
  const rest = dependenciesOf({ ...hook, dependencies: hook.dependencies.filter((name) => !about.includes(name)) });
  return [...from.map((node) => `${node} -.-> ${to}`), ...rest.map((wait) => taskEdge(wait, id, to))];
}

function lines(texts: readonly string[]): string {
  return texts.map(escaped).join('<br/>');
}

/** A backslash before an n would be a new line to Mermaid even as an entity: a word joiner, which nobody sees, parts them. */
const PARTED_BACKSLASH = '#92;#8288;';

function escaped(text: string): string {
  return [...text]
    .map((sign) => {
      if (/^[A-Za-z0-9 .,:_()=/-]$/.test(sign)) return sign;
      return sign === '\\' ? PARTED_BACKSLASH : `#${sign.codePointAt(0)};`;
    })
    .join('');
}
