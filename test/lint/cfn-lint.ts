/** cfn-lint, from the Python that test/lint/main.ts has installed it for. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PYTHON = process.env['EBBTIDE_TEST_LINT_PYTHON'] ?? '';

export interface Finding {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/** By all rules that are on where nobody says otherwise. */
export function lint(template: string, regions: readonly string[]): Finding[] {
  const args = ['--format', 'json', '--regions', ...regions, '--template', template];
  const { stdout, stderr, status } = spawnSync(join(dirname(PYTHON), 'cfn-lint'), args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status === null || stdout === '') throw new Error(`cfn-lint: ${stderr}`);
  return JSON.parse(stdout);
}

const FIND = "import importlib.util; print(importlib.util.find_spec('cfnlint').submodule_search_locations[0])";

function schemas(): string {
  return join(execFileSync(PYTHON, ['-c', FIND], { encoding: 'utf8' }).trim(), 'data', 'schemas');
}

/** The schema that CloudFormation's registry has of a resource, in us-east-1. */
export function registrySchema(type: string): { readonly createOnlyProperties?: readonly string[] } {
  const byType = JSON.parse(readFileSync(join(schemas(), 'providers', 'us-east-1.json'), 'utf8'));
  return JSON.parse(readFileSync(join(schemas(), 'resources', `${byType[type]}.json`), 'utf8'));
}

/**
 * What the schema of state machines lacks of the Amazon States Language: Parameters of a Parallel state, and the paths of
 * a Succeed state. https://states-language.net/spec.html#state-type-table
 */
const LACKING: Readonly<Record<string, readonly string[]>> = {
  parallel: ['Parameters'],
  succeed: ['InputPath', 'OutputPath'],
};

/** @returns what was lacking; what is said of it is what the schema says of a Pass state */
export function completeSchemaOfStateMachines(): string[] {
  const file = join(schemas(), 'other', 'step_functions', 'statemachine.json');
  const schema = JSON.parse(readFileSync(file, 'utf8'));
  const { definitions } = schema;
  const added = Object.entries(LACKING).flatMap(([kind, names]) =>
    names
      .filter((name) => !(name in definitions[kind].properties))
      .map((name) => {
        definitions[kind].properties[name] = definitions.pass.properties[name];
        return `${kind} ${name}`;
      }),
  );
  writeFileSync(file, JSON.stringify(schema));
  return added;
}
