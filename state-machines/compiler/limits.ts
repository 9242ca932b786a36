/**
 * How much of Step Functions' limits a pipeline uses. Those that a run could pass are errors before anything is deployed.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */

import { PAYLOAD_LIMIT } from '../contract/result.ts';
import { show } from '../contract/show.ts';
import { VALUE_TEXT_LIMIT, valueName } from '../contract/values.ts';
import { type GraphProblem, problem } from '../graph/errors.ts';
import { isDistributed, type Plan, type PlannedEach, type PlannedTask } from '../graph/plan.ts';
import type { Branch, Definition, Retrier, State } from './asl.ts';

export type LimitName =
  | 'definition'
  | 'history'
  | 'state data'
  | 'map results'
  | 'finalizer definition'
  | 'finalizer history';

export interface LimitUse {
  readonly name: LimitName;
  readonly used: number;
  readonly limit: number;
  readonly unit: 'bytes' | 'events';
  /** What contributes most, the largest first. */
  readonly largest: readonly Share[];
}

export interface Share {
  readonly what: string;
  readonly amount: number;
}

export const DEFINITION_BYTES = 1_048_576;
/** What to do about a definition that is too large. */
export const SMALLER_DEFINITION =
  'split the pipeline in two, one started by the other, or put small tasks of one chain into one task';
export const HISTORY_EVENTS = 25_000;

export function limitsOf(
  plan: Plan,
  { definition, finalizer }: { readonly definition: Definition; readonly finalizer: Definition },
): LimitUse[] {
  return [
    definitionUse('definition', definition),
    historyUse('history', definition, plan),
    definitionUse('finalizer definition', finalizer),
    historyUse('finalizer history', finalizer, plan),
    use(
      'state data',
      'bytes',
      PAYLOAD_LIMIT,
      undefined,
      plan.tasks.map((task) => ({ what: task.name, amount: markBytes(task, plan) })),
    ),
    ...plan.tasks.flatMap(({ name, each }) => {
      if (!each || !isDistributed(each)) return [];
      return [
        use('map results', 'bytes', PAYLOAD_LIMIT, undefined, [{ what: name, amount: batches(each) * RESULT_BYTES }]),
      ];
    }),
  ];
}

function definitionUse(name: LimitName, definition: Definition): LimitUse {
  return use(name, 'bytes', DEFINITION_BYTES, byteLength(definition), stateSizes(definition));
}

function historyUse(name: LimitName, definition: Definition, plan: Plan): LimitUse {
  const itself = { what: 'the execution itself', amount: 2 };
  return use(name, 'events', HISTORY_EVENTS, undefined, [...eventsOf(definition, plan), itself]);
}

/** @returns a problem for each limit that is passed */
export function limitProblems(uses: readonly LimitUse[]): GraphProblem[] {
  return uses
    .filter(({ used, limit }) => used > limit)
    .map(({ name, used, limit, unit, largest }) => {
      const { what, mend } = EXPLAINED[name];
      const shares = largest.map(({ what: part, amount }) => `${part} (${show(amount)})`).join(', ');
      const message = `${what} ${show(used)} ${unit}, ${show(used - limit)} more than the ${show(limit)} that Step Functions allows; most of it: ${shares}; ${mend}`;
      return { ...problem('LimitExceeded', message), limit: { name, used, allowed: limit } };
    });
}

const EXPLAINED: Record<LimitName, { readonly what: string; readonly mend: string }> = {
  definition: {
    what: 'the definition takes',
    mend: SMALLER_DEFINITION,
  },
  history: {
    what: 'a run in which every retry is used writes a history of',
    mend: 'lower retries, say how many chunks there are at most with chunks({ max }), raise batchSize, or set maxConcurrency above 40, so that each chunk has a history of its own',
  },
  'state data': {
    what: 'the state data of a run can grow to',
    mend: 'say how many chunks there are at most with chunks({ max }), or set maxConcurrency above 40, so that the list of chunks is read from S3; and let conditions look at fewer values',
  },
  'finalizer definition': {
    what: 'the definition of the finalizer takes',
    mend: 'split the pipeline in two, one started by the other, or put hooks that belong together into one',
  },
  'finalizer history': {
    what: 'a finalizer in which every retry is used writes a history of',
    mend: 'lower the retries of the hooks, or put hooks that belong together into one',
  },
  'map results': {
    what: 'the results of a Distributed Map can take',
    mend: 'raise batchSize, or lower chunks({ max })',
  },
};

function use(
  name: LimitName,
  unit: LimitUse['unit'],
  limit: number,
  used: number | undefined,
  shares: readonly Share[],
): LimitUse {
  const largest = shares.toSorted((a, b) => b.amount - a.amount).slice(0, 3);
  const sum = shares.reduce((total, { amount }) => total + amount, 0);
  return { name, used: used ?? sum, limit, unit, largest };
}

/** The states that hold no other states, by their size. */
function stateSizes(branch: Branch): Share[] {
  return Object.entries(branch.States).flatMap(([what, state]): Share[] => {
    if (state.Type === 'Parallel') return state.Branches.flatMap(stateSizes);
    return [{ what, amount: byteLength({ [what]: state }) }];
  });
}

/**
 * The events that a run writes for each state, every retry of the tasks' own used; Lambda's transient errors are not
 * reckoned with. Of states of which only one is entered all count: two events too many here and there.
 */
function eventsOf(branch: Branch, plan: Plan): Share[] {
  return Object.entries(branch.States).flatMap(([what, state]): Share[] => {
    switch (state.Type) {
      case 'Task':
        return [{ what, amount: ENTERED_AND_EXITED + EVENTS_AN_ATTEMPT * (1 + retriesOf(state)) }];
      case 'Parallel':
        return [
          { what, amount: ENTERED_AND_EXITED + STARTED_AND_ENDED },
          ...state.Branches.flatMap((inner) => eventsOf(inner, plan)),
        ];
      case 'Map': {
        const each = plan.task(what)?.each;
        const own = ENTERED_AND_EXITED + STARTED_AND_ENDED;
        if (!each || isDistributed(each)) return [{ what, amount: own }];
        const inside = eventsOf(state.ItemProcessor, plan).reduce((sum, { amount }) => sum + amount, STARTED_AND_ENDED);
        return [{ what, amount: own + batches(each) * inside }];
      }
      default:
        return [{ what, amount: ENTERED_AND_EXITED }];
    }
  });
}

const ENTERED_AND_EXITED = 2;
const STARTED_AND_ENDED = 2;
/** LambdaFunctionScheduled, LambdaFunctionStarted, LambdaFunctionSucceeded or one of its failures. */
const EVENTS_AN_ATTEMPT = 3;

function retriesOf(state: Extract<State, { Type: 'Task' }>): number {
  const own = (state.Retry ?? []).find(({ ErrorEquals }: Retrier) => ErrorEquals.includes('States.ALL'));
  return own?.MaxAttempts ?? 0;
}

function batches({ maxChunks, batchSize }: PlannedEach): number {
  return Math.ceil(maxChunks / batchSize);
}

/** A child's result, `{}`, and a comma. */
const RESULT_BYTES = 3;
const LONGEST_CHUNK_ID = 64;
/** In UTF-8, a character takes three bytes at the most, or is a pair of two that take four. */
const LONGEST_VALUE = 3 * VALUE_TEXT_LIMIT;
/** `"…",` around an id, `[…],` around a batch. */
const QUOTES = 3;
const KEY_BYTES = 512;

/** What a task leaves in the state data where it succeeds. Where many tasks fail it may be more, which is caught. */
function markBytes({ name, outputs }: PlannedTask, plan: Plan): number {
  let bytes = byteLength({ [name]: { status: 'SUCCEEDED' } });
  for (const [output, { reported = [], chunksOf = [] }] of Object.entries(outputs)) {
    for (const path of reported) bytes += valueName(output, path).length + LONGEST_VALUE + QUOTES;
    for (const consumer of chunksOf) {
      const each = plan.task(consumer)?.each;
      if (!each) continue;
      const inline = each.maxChunks * (LONGEST_CHUNK_ID + QUOTES) + batches(each) * QUOTES;
      bytes += consumer.length + QUOTES + (isDistributed(each) ? KEY_BYTES : inline);
    }
  }
  return bytes;
}

function byteLength(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
