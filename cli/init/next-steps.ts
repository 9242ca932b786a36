/** What to do after `ebbtide init`: commands and lines that work as they stand. */

import { dirname, posix } from 'node:path';
import { COMMANDS, ownSpec } from './packages.ts';
import type { Project } from './project.ts';
import { stackNameOf } from './templates.ts';

export interface Step {
  readonly why: string;
  readonly command: string;
}

/** Lines for the user's own CDK app. */
export interface AppLines {
  /** Where they go, if it is known. */
  readonly file?: string;
  readonly lines: readonly [string, string];
}

export function nextSteps(pipeline: string, project: Project): readonly Step[] {
  const { packageManager, kind } = project;
  const { add, addDev, exec, test } = COMMANDS[packageManager];
  const isRepo = kind === 'ebbtide';
  const [packages, devPackages] = isRepo ? [[], []] : missingPackages(project);
  const install = [
    ...(packages.length > 0 ? [`${add} ${packages.join(' ')}`] : []),
    ...(devPackages.length > 0 ? [`${addDev} ${devPackages.join(' ')}`] : []),
  ].map((command) => ({ why: 'install what is missing', command }));
  const ebbtide = isRepo ? 'npm run ebbtide --' : `${exec} ebbtide`;
  return [
    ...install,
    { why: 'check the types', command: `${exec} tsc --noEmit` },
    { why: 'test it', command: kind === 'new' ? test : testCommand(pipeline, project) },
    ...jestStep(project),
    { why: 'run it on this machine', command: `${ebbtide} run ${pipeline}` },
  ];
}

/** After the app has the stack. */
export function deploySteps(pipeline: string, { packageManager }: Project): readonly Step[] {
  const { exec } = COMMANDS[packageManager];
  const stack = stackNameOf(pipeline);
  return [
    { why: 'make the template', command: `${exec} cdk synth ${stack} --quiet` },
    { why: 'deploy it to your AWS account', command: `${exec} cdk deploy ${stack}` },
  ];
}

/** @returns undefined where bin/app.ts was written */
export function appLines(pipeline: string, { kind, app, stacks, importEnding }: Project): AppLines | undefined {
  if (kind === 'new' || kind === 'node') return undefined;
  const name = stackNameOf(pipeline);
  const file = kind === 'ebbtide' ? 'infra/app.ts' : app;
  const relative = posix.relative(dirname(file ?? 'bin/app.ts'), `${stacks}/${pipeline}-stack`);
  const specifier = relative.startsWith('.') ? relative : `./${relative}`;
  return {
    ...(file !== undefined && { file }),
    lines: [`import { ${name}Stack } from '${specifier}${importEnding}';`, `new ${name}Stack(app, '${name}');`],
  };
}

function missingPackages({ kind, packages, importEnding, testRunner }: Project): [string[], string[]] {
  const missing = (names: readonly string[]) =>
    names.filter((name) => !packages.has(/^(@?[^@]+)/.exec(name)?.[1] ?? name));
  const usesTsx = importEnding !== '.ts' && (kind === 'node' || testRunner === 'node');
  return [
    [...(packages.has('ebbtide') ? [] : [ownSpec()]), ...missing(['aws-cdk-lib', 'constructs'])],
    missing([
      // Version 3 of the command line does not take what this library's CDK makes.
      ...(kind === 'cdk' ? [] : ['aws-cdk@2']),
      'typescript',
      '@types/node@24',
      ...(usesTsx ? ['tsx'] : []),
      // The one that runs this comes from a node_modules, so the machine's may be older.
      ...(process.execPath.includes('node_modules') ? ['node@24'] : []),
    ]),
  ];
}

const FOR_JEST = 'NODE_OPTIONS=--experimental-vm-modules';

/** Without the option Jest loads no ES modules, which ebbtide consists of. */
function jestStep({ testRunner, testScript = '', packageManager }: Project): Step[] {
  if (testRunner !== 'jest' || !/^[\w ./=:-]*\bjest\b[\w ./=:-]*$/.test(testScript) || testScript.includes(FOR_JEST))
    return [];
  const why = `and let ${COMMANDS[packageManager].test} run it: Jest loads ES modules only so`;
  return [{ why, command: `npm pkg set scripts.test="${FOR_JEST} ${testScript}"` }];
}

function testCommand(pipeline: string, { testRunner, tests, packageManager, packages, importEnding }: Project): string {
  const { exec } = COMMANDS[packageManager];
  const file = `${tests}/${pipeline}.test.ts`;
  if (testRunner === 'vitest') return `${exec} vitest run ${file}`;
  if (testRunner === 'jest') return `${FOR_JEST} ${exec} jest ${file}`;
  if (importEnding !== '.ts') return `${exec} tsx --test ${file}`;
  return `${packages.has('node') ? `${exec} ` : ''}node --test ${file}`;
}
