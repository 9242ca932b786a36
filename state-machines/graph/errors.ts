/** What can be wrong with a graph. Codes and numbers are API: callers match them, so they never change. */

import type { GraphProblemCode } from '../contract/error-codes.ts';
import { show } from '../contract/show.ts';

/** −101 and −102 are grafOS's (`FabricError::IoError`); the others follow on. */
export const GRAPH_PROBLEMS = {
  Cycle: -101,
  UnresolvedDataRef: -102,
  DuplicateTask: -103,
  DuplicateOutput: -104,
  InvalidName: -105,
  InvalidResource: -106,
  EmptyGraph: -107,
  UnknownTask: -108,
  InvalidRetry: -109,
  InvalidTask: -110,
  UnresolvedCondition: -111,
  InvalidCondition: -112,
  InvalidEach: -113,
  HookCycle: -114,
  InvalidHookInput: -115,
  InvalidHook: -116,
  InvalidGroup: -117,
  LimitExceeded: -118,
} as const satisfies Record<GraphProblemCode, number>;

export type { GraphProblemCode };

export interface GraphProblem {
  readonly code: GraphProblemCode;
  readonly number: number;
  /** What is wrong, where, and what to do. */
  readonly message: string;
  /** A cycle's tasks in order; the first is named again at the end. */
  readonly path?: readonly string[];
  /** Which limit is passed, and by how much. */
  readonly limit?: { readonly name: string; readonly used: number; readonly allowed: number };
}

export function problem(code: GraphProblemCode, message: string, path?: readonly string[]): GraphProblem {
  return { code, number: GRAPH_PROBLEMS[code], message, ...(path && { path }) };
}

/** A graph cannot be built or compiled. Carries every problem found, not just the first. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly problems: readonly GraphProblem[];

  constructor(graph: string, problems: readonly GraphProblem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(
      [
        `the graph ${show(graph)} has ${count}:`,
        ...problems.map((p) => `  ${p.code} (${p.number}): ${p.message}`),
      ].join('\n'),
    );
    this.problems = problems;
  }
}
