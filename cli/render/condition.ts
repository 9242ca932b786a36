import type { PlannedCondition } from '../../state-machines/graph/plan.ts';

/** A condition as one reads it aloud: `input.mode is "full" and check.stats.rows > 0`. */
export function conditionText(condition: PlannedCondition): string {
  switch (condition.kind) {
    case 'all':
      return existsText(condition.conditions) ?? joined(condition.conditions, 'and');
    case 'any':
      return joined(condition.conditions, 'or');
    case 'not':
      return `not ${inParentheses(condition.condition)}`;
    case 'test': {
      const { subject, test } = condition;
      const what = [...(subject.from === 'input' ? ['input'] : [subject.task, subject.output]), ...subject.path];
      return `${what.join('.')} ${testText(test)}`;
    }
    default:
      return condition satisfies never;
  }
}

type Test = Extract<PlannedCondition, { kind: 'test' }>['test'];

const SIGNS = { less: '<', 'at most': '<=', greater: '>', 'at least': '>=' } as const;

function testText(test: Test): string {
  switch (test.is) {
    case 'present':
      return 'is there';
    case 'equal':
      return `is ${JSON.stringify(test.value)}`;
    default:
      return `${SIGNS[test.is]} ${JSON.stringify(test.value)}`;
  }
}

function joined(conditions: readonly PlannedCondition[], word: 'and' | 'or'): string {
  return conditions.map(inParentheses).join(` ${word} `);
}

function inParentheses(condition: PlannedCondition): string {
  const text = conditionText(condition);
  const several = (condition.kind === 'all' || condition.kind === 'any') && condition.conditions.length > 1;
  return several && !text.endsWith(EXISTS) ? `(${text})` : text;
}

const EXISTS = 'exists';

/** `exists()` is declared as: it is there, and it is not null. */
function existsText([present, notNull, ...more]: readonly PlannedCondition[]): string | undefined {
  if (present?.kind !== 'test' || present.test.is !== 'present' || more.length > 0) return undefined;
  if (notNull?.kind !== 'not' || notNull.condition.kind !== 'test') return undefined;
  const { subject, test } = notNull.condition;
  if (test.is !== 'equal' || test.value !== null) return undefined;
  if (JSON.stringify(subject) !== JSON.stringify(present.subject)) return undefined;
  return conditionText(present).replace(/is there$/, EXISTS);
}
