/** What the library gets wrong of a Choice: it compares a text with a number, and takes `IsPresent: false` for false. */

type Rule = Readonly<Record<string, unknown>>;

const TYPE_OF_COMPARISON: readonly (readonly [RegExp, string])[] = [
  [/^String(Less|Greater)Than/, 'IsString'],
  [/^Numeric(Less|Greater)Than/, 'IsNumeric'],
];
const TYPE_TEST = /^Is(Present|Null|Numeric|String|Boolean|Timestamp)$/;

export function adaptChoices<T extends Rule>(state: T): T {
  return { ...state, Choices: (state['Choices'] as Rule[]).map(adaptRule) };
}

function adaptRule({ Next, ...rule }: Rule): Rule {
  return { ...adaptTest(rule), ...(Next !== undefined && { Next }) };
}

function adaptTest(rule: Rule): Rule {
  if (Array.isArray(rule['And'])) return { And: rule['And'].map(adaptTest) };
  if (Array.isArray(rule['Or'])) return { Or: rule['Or'].map(adaptTest) };
  if (rule['Not'] !== undefined) return { Not: adaptTest(rule['Not'] as Rule) };
  const { Variable } = rule;
  for (const operator of Object.keys(rule)) {
    if (TYPE_TEST.test(operator) && rule[operator] === false) return { Not: { Variable, [operator]: true } };
    const type = TYPE_OF_COMPARISON.find(([comparison]) => comparison.test(operator))?.[1];
    if (type) return { And: [{ Variable, [type]: true }, rule] };
  }
  return rule;
}
