/** A task's condition, as a Choice state decides it. */

import { valueName } from '../../contract/values.ts';
import type { Test } from '../../graph/conditions.ts';
import type { PlannedCondition, PlannedSubject } from '../../graph/plan.ts';
import { type Comparison, type Condition, every, path, present, some } from '../asl.ts';

/** @param findMark the mark of a task that has succeeded, as a path into the state data */
export function aslCondition(condition: PlannedCondition, findMark: (task: string) => string): Condition {
  switch (condition.kind) {
    case 'all':
      return every(condition.conditions.map((part) => aslCondition(part, findMark)));
    case 'any':
      return some(condition.conditions.map((part) => aslCondition(part, findMark)));
    case 'not':
      return { Not: aslCondition(condition.condition, findMark) };
    case 'test': {
      const Variable = variableOf(condition.subject, findMark);
      // Reading a path that is not there would be the uncatchable States.Runtime.
      return condition.test.is === 'present'
        ? present(Variable)
        : every([present(Variable), { Variable, ...comparisonOf(condition.test) }]);
    }
    default:
      return condition satisfies never;
  }
}

function variableOf(subject: PlannedSubject, findMark: (task: string) => string): string {
  if (subject.from === 'input') return path('$$.Execution.Input', ...subject.path);
  return path(`${findMark(subject.task)}.values`, valueName(subject.output, subject.path));
}

/** A comparison with a value of another type is false. */
function comparisonOf(test: Exclude<Test, { is: 'present' }>): Comparison {
  const { is, value } = test;
  switch (is) {
    case 'equal':
      if (value === null) return { IsNull: true };
      if (typeof value === 'boolean') return { BooleanEquals: value };
      return typeof value === 'number' ? { NumericEquals: value } : { StringEquals: value };
    case 'less':
      return typeof value === 'number' ? { NumericLessThan: value } : { StringLessThan: value };
    case 'at most':
      return typeof value === 'number' ? { NumericLessThanEquals: value } : { StringLessThanEquals: value };
    case 'greater':
      return typeof value === 'number' ? { NumericGreaterThan: value } : { StringGreaterThan: value };
    case 'at least':
      return typeof value === 'number' ? { NumericGreaterThanEquals: value } : { StringGreaterThanEquals: value };
    default:
      return is satisfies never;
  }
}
