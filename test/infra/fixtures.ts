/** What the tests of infra/ share: handler files in a folder that goes away, a stack of a pipeline, its template. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, type AppProps, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import { Pipeline, type PipelineProps } from '../../infra/index.ts';
import type { Plan } from '../../state-machines/index.ts';
import { plan } from './graph.ts';

/** A folder for one test file, deleted at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const HARNESS = resolve(import.meta.dirname, '../../lambdas/runtime/index.ts');
const GRAPH = resolve(import.meta.dirname, 'graph.ts');

/** Handlers for the graph of graph.ts, made with the real harness. */
export function writeHandlers(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, handle] of Object.entries({ extract: 'extract', aggregate: 'aggregate', 'merge-load': 'load' })) {
    const source = [
      `import { task } from ${JSON.stringify(HARNESS)};`,
      `import { ${handle} } from ${JSON.stringify(GRAPH)};`,
      `export const handler = task(${handle}, () => undefined);`,
    ];
    writeFileSync(join(folder, `${name}.ts`), source.join('\n'));
  }
  return folder;
}

/** A handler for each task and hook that does not know the harness: quick to bundle. */
export function writeTinyHandlers(folder: string, plan: Plan, source?: string): string {
  mkdirSync(folder, { recursive: true });
  for (const { name } of plan.functions) {
    writeFileSync(join(folder, `${name}.ts`), source ?? `export const handler = () => ${JSON.stringify(name)};`);
  }
  return folder;
}

export interface Synthesized {
  readonly pipeline: Pipeline;
  readonly stack: Stack;
  readonly template: Template;
  readonly outdir: string;
}

/** Without what takes seconds: CDK's own validation of templates, which pipeline.test.ts has on. */
export const QUICK_APP: AppProps = { analyticsReporting: false, builtinCloudFormationValidation: false };

export function newStack(outdir: string, id = 'Stack', props: AppProps = QUICK_APP): Stack {
  return new Stack(new App({ ...props, outdir }), id);
}

export function appOf(stack: Stack): App {
  return stack.node.root as App;
}

export function synthesize(
  outdir: string,
  props: Partial<PipelineProps> & Pick<PipelineProps, 'handlers'>,
): Synthesized {
  return synthesizeIn(newStack(outdir), props);
}

export function synthesizeIn(
  stack: Stack,
  props: Partial<PipelineProps> & Pick<PipelineProps, 'handlers'>,
): Synthesized {
  const pipeline = new Pipeline(stack, 'Trips', { plan, ...props });
  return { pipeline, stack, template: Template.fromStack(stack), outdir: appOf(stack).outdir };
}

// biome-ignore lint/suspicious/noExplicitAny: properties of CloudFormation resources, of any shape
export type Properties = Record<string, any>;

export interface Resource {
  readonly id: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
}

export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.entries(template.findResources(type)).map(([id, resource]) => ({
    id,
    Properties: resource['Properties'] ?? {},
    DeletionPolicy: resource['DeletionPolicy'],
  }));
}

/** The function of a task, or the cleanup's. */
export function functionOf(template: Template, name: string): Resource {
  const found = resourcesOf(template, 'AWS::Lambda::Function').filter(
    ({ Properties }) => Properties['Handler'] === `${name}.handler`,
  );
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} functions for ${name}`);
  return found[0];
}

/** The statements of a function's role, with logical ids for what `Ref` and `Fn::GetAtt` lead to. */
export function statementsOf(template: Template, name: string): Properties[] {
  const roleId = functionOf(template, name).Properties['Role']['Fn::GetAtt'][0];
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter(({ Properties }) => Properties['Roles'].some((role: Properties) => role['Ref'] === roleId))
    .flatMap(({ Properties }) => Properties['PolicyDocument']['Statement'].map(readable));
}

/** The statements of every role in the stack, with the role's logical id. */
export function roleStatements(template: Template): (Properties & { readonly role: string })[] {
  const inline = resourcesOf(template, 'AWS::IAM::Role').flatMap(({ id, Properties }) =>
    (Properties['Policies'] ?? []).map((policy: Properties) => ({ roles: [id], document: policy['PolicyDocument'] })),
  );
  const attached = [
    ...resourcesOf(template, 'AWS::IAM::Policy'),
    ...resourcesOf(template, 'AWS::IAM::ManagedPolicy'),
  ].map(({ Properties }) => ({
    roles: Properties['Roles'].map((role: Properties) => role['Ref']),
    document: Properties['PolicyDocument'],
  }));
  return [...inline, ...attached].flatMap(({ roles, document }) =>
    roles.flatMap((role: string) =>
      document['Statement'].map((statement: Properties) => ({ ...readable(statement), role })),
    ),
  );
}

export function readable(value: unknown): Properties {
  return JSON.parse(JSON.stringify(value), (_, inner) => {
    if (inner?.Ref) return inner.Ref === 'AWS::Partition' ? 'aws' : `<${inner.Ref}>`;
    if (inner?.['Fn::GetAtt']) return `<${inner['Fn::GetAtt'].join('.')}>`;
    // Of a machine's ARN, its name.
    if (inner?.['Fn::Select']) return inner['Fn::Select'][1]['Fn::Split'][1].replace('>', '.Name>');
    if (inner?.['Fn::Join']) return inner['Fn::Join'][1].join(inner['Fn::Join'][0]);
    return inner;
  });
}

/** A function's bundle in the assembly: its files with their sizes. */
export function bundleOf({ template, stack, outdir }: Synthesized, name: string) {
  const manifest = JSON.parse(readFileSync(join(outdir, `${stack.artifactId}.assets.json`), 'utf8'));
  const hash = functionOf(template, name).Properties['Code']['S3Key'].replace('.zip', '');
  const folder = join(outdir, manifest.files[hash].source.path);
  return readdirSync(folder).map((file) => ({
    file,
    bytes: statSync(join(folder, file)).size,
    text: () => readFileSync(join(folder, file), 'utf8'),
  }));
}
