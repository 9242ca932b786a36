/** Checks a condition, and finds the outputs that it looks at. */

import { isObject } from '../../contract/objects.ts';
import { show } from '../../contract/show.ts';
import { VALUE_TEXT_LIMIT } from '../../contract/values.ts';
import { type Condition, Given, ORDER_TESTS, type Subject } from '../conditions.ts';
import { type GraphProblem, problem } from '../errors.ts';
import type { PlannedCondition, PlannedSubject } from '../plan.ts';
import { type DataRef, isOutputRef } from '../refs.ts';
import { type KnownOutputs, misgiven } from './refs.ts';

/** Names that every engine finds in the same way, in quotes or without. */
const SEGMENT = /^[A-Za-z0-9_-]{1,80}$/;

export interface ResolvedCondition {
  readonly condition?: PlannedCondition;
  readonly problems: readonly GraphProblem[];
}

/** @param where names the condition for the reader of a problem */
export function resolveCondition(declared: unknown, outputs: KnownOutputs, where: string): ResolvedCondition {
  const problems: GraphProblem[] = [];
  const invalid = (what: string) => {
    problems.push(problem('InvalidCondition', `${where} ${what}`));
    return undefined;
  };

  const resolve = (condition: unknown, around: readonly unknown[]): PlannedCondition | undefined => {
    if (around.includes(condition)) return invalid('is a condition that holds itself');
    const inside = [...around, condition];
    const given = condition as Condition;
    switch (isObject(condition) && given.kind) {
      case 'all':
      case 'any': {
        const { kind, conditions } = given as Extract<Condition, { kind: 'all' | 'any' }>;
        if (!Array.isArray(conditions) || conditions.length === 0)
          return invalid(
            `has ${kind === 'all' ? 'allOf()' : 'anyOf() or isOneOf()'} of nothing, which cannot hold or not`,
          );
        const parts = conditions.map((part) => resolve(part, inside));
        return { kind, conditions: parts.filter((part) => part !== undefined) };
      }
      case 'not': {
        const inner = resolve((given as Extract<Condition, { kind: 'not' }>).condition, inside);
        return inner && { kind: 'not', condition: inner };
      }
      case 'test': {
        const { subject, test } = given as Extract<Condition, { kind: 'test' }>;
        const found = resolveSubject(subject);
        const misfit = misfitOf(test, subject);
        if (misfit !== undefined) return invalid(misfit);
        return found && { kind: 'test', subject: found, test };
      }
      default:
        if (condition instanceof Given)
          return invalid(
            'looks at a value and tests nothing; say what of it must hold, as in fromInput("…").equals(…)',
          );
        if (Array.isArray(condition))
          return invalid('is given a list; give its conditions one by one, as in allOf(one, another)');
        return invalid(
          `is ${show(condition)}, which is no condition; make one with fromInput("…").equals(…) or fromOutput(…)`,
        );
    }
  };

  const resolveSubject = (subject: Subject): PlannedSubject | undefined => {
    if (!isObject(subject) || !Array.isArray(subject.path))
      return invalid('looks at nothing; make it with fromInput("…") or fromOutput(…)');
    const { path } = subject;
    const bad = path.find((segment) => typeof segment !== 'string' || !SEGMENT.test(segment));
    if (bad !== undefined) {
      return invalid(
        `looks at ${show(bad)}: a name in a path must be of letters, digits, "-" and "_"; give nested names one by one, as in fromInput("load", "mode")`,
      );
    }
    if (subject.from === 'input') {
      return path.length > 0
        ? subject
        : invalid('looks at the input as a whole; say which value in it: fromInput("mode")');
    }
    if (!isOutputRef(subject.ref)) return invalid(`looks at an output that ${misgiven(subject.ref)}`);
    const found = outputs.resolve(subject.ref, `${where}: what it looks at`, 'UnresolvedCondition');
    if ('code' in found) {
      problems.push(found);
      return undefined;
    }
    const { task, output, format } = found as DataRef;
    if (format.kind !== 'json' || format.gathered) {
      const kind = format.gathered ? 'what the chunks of a task wrote' : format.kind;
      return invalid(
        `looks at "${task}.${output}", which is ${kind}; a condition can look at a json output of one value`,
      );
    }
    return { from: 'output', task, output, path };
  };

  const condition = resolve(declared, []);
  // exists() and isOneOf() look at the same value more than once.
  const told = [...new Map(problems.map((found) => [found.message, found])).values()];
  return { problems: told, ...(condition && problems.length === 0 && { condition }) };
}

/** @returns what is wrong with a test; undefined where nothing is */
function misfitOf(test: unknown, subject: unknown): string | undefined {
  const { is, value }: Record<string, unknown> = isObject(test) ? test : {};
  if (is === 'present') return undefined;
  const ordered = ORDER_TESTS.some((order) => order === is);
  if (!ordered && is !== 'equal') return `tests ${show(test)}, which is no comparison`;
  if (typeof value === 'string') return misfitOfText(value, isObject(subject) && subject['from'] === 'output');
  if (Number.isFinite(value)) return undefined;
  if (!ordered && (value === null || typeof value === 'boolean')) return undefined;
  if (Array.isArray(value)) return 'compares with a list; give its values one by one, as in isOneOf("a", "b")';
  if (value instanceof Date) return 'compares with a Date; give its text, as in new Date(…).toISOString()';
  const given = typeof value === 'object' && value !== null ? 'an object' : show(value);
  return `compares with ${given}, which is no text${ordered ? ' or number' : ', number, boolean or null'}`;
}

function misfitOfText(text: string, withOutput: boolean): string | undefined {
  // A deployment puts ARNs in place of such texts, wherever they stand in a definition, and knows no way to spare one.
  if (text.includes('${')) return `compares with ${show(text)}; no text in a condition can have "\${" in it`;
  if (!withOutput || text.length <= VALUE_TEXT_LIMIT) return undefined;
  return `compares with a text of ${show(text.length)} characters; that of an output has ${VALUE_TEXT_LIMIT} at the most`;
}

/** The values that a condition looks at. */
export function subjectsOf(condition: PlannedCondition): PlannedSubject[] {
  switch (condition.kind) {
    case 'test':
      return [condition.subject];
    case 'not':
      return subjectsOf(condition.condition);
    default:
      return condition.conditions.flatMap(subjectsOf);
  }
}
