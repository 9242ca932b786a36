/** Checks a condition, and finds the outputs that it looks at. */

import { isObject } from '../../contract/objects.ts';
import { type Condition, ORDER_TESTS, type Subject, type Test } from '../conditions.ts';
import { type GraphProblem, problem } from '../errors.ts';
import type { PlannedCondition, PlannedSubject } from '../plan.ts';
import { type DataRef, isRef } from '../refs.ts';
import type { KnownOutputs } from './refs.ts';

/** What can stand in a path of the Amazon States Language without being quoted. */
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

  const resolve = (condition: unknown): PlannedCondition | undefined => {
    const given = condition as Condition;
    switch (isObject(condition) && given.kind) {
      case 'all':
      case 'any': {
        const { kind, conditions } = given as Extract<Condition, { kind: 'all' | 'any' }>;
        if (!Array.isArray(conditions) || conditions.length === 0) return invalid(`has ${kind}Of() of no condition`);
        const parts = conditions.map(resolve);
        return { kind, conditions: parts.filter((part) => part !== undefined) };
      }
      case 'not': {
        const inner = resolve((given as Extract<Condition, { kind: 'not' }>).condition);
        return inner && { kind: 'not', condition: inner };
      }
      case 'test': {
        const { subject, test } = given as Extract<Condition, { kind: 'test' }>;
        const found = resolveSubject(subject);
        if (!isTest(test))
          return invalid(
            `compares with ${JSON.stringify(isObject(test) ? test['value'] : test)}, which is no text, number, boolean or null`,
          );
        return found && { kind: 'test', subject: found, test };
      }
      default:
        return invalid(
          `is ${JSON.stringify(condition)}, which is no condition; make one with fromInput("…").equals(…) or fromOutput(…)`,
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
        `looks at ${JSON.stringify(bad)}: a name in a path must be of letters, digits, "-" and "_"; give nested names one by one, as in fromInput("load", "mode")`,
      );
    }
    if (subject.from === 'input') {
      return path.length > 0
        ? subject
        : invalid('looks at the input as a whole; say which value in it: fromInput("mode")');
    }
    if (!isRef(subject.ref) || (subject.ref.kind as string) === 'optional-ref')
      return invalid('looks at no output of a task');
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

  const condition = resolve(declared);
  return { problems, ...(condition && problems.length === 0 && { condition }) };
}

function isTest(test: unknown): test is Test {
  if (!isObject(test)) return false;
  const { is, value } = test;
  if (is === 'present') return true;
  if (ORDER_TESTS.some((order) => order === is)) return typeof value === 'string' || Number.isFinite(value);
  return (
    is === 'equal' &&
    (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value))
  );
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
