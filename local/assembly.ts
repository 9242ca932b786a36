/** What would be deployed, read back from the CDK assembly: the definition, the functions, the buckets. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type AppProps, type CfnElement, Duration, Stack } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Pipeline } from '../infra/pipeline.ts';
import type { Definition } from '../state-machines/compiler/asl.ts';
import { ENVIRONMENT } from '../state-machines/contract/environment.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { type Assembly, filledIn, functionArn, LOCAL_BUCKETS } from './assembly-model.ts';
import type { FunctionSettings } from './functions/sandbox.ts';

export interface SynthesizeOptions {
  /** The folder with the handlers. */
  readonly handlers: string;
  /** The folder to make for the assembly. @default one of a new name */
  readonly outdir?: string;
  /** @default not at all */
  readonly keepOnFailureSeconds?: number | undefined;
}

export function synthesize(plan: Plan, options: SynthesizeOptions): Assembly {
  const { handlers, outdir = join(tmpdir(), `ebbtide-${randomUUID()}`), keepOnFailureSeconds = 0 } = options;
  mkdirSync(outdir);
  const remove = () => rmSync(outdir, { recursive: true, force: true });
  // Whoever does not wait for a run to end in good order ends the process.
  process.once('exit', remove);
  const dispose = () => {
    process.off('exit', remove);
    remove();
  };
  try {
    const app = new App({ ...LOCAL_APP, outdir });
    const stack = new Stack(app, 'Local');
    const keepOnFailure = Duration.seconds(keepOnFailureSeconds);
    const pipeline = new Pipeline(stack, 'Pipeline', { plan, handlers, keepOnFailure });
    const { template, assetManifest } = readStack(app, outdir);
    const idOf = ({ node }: StateMachine | Bucket) => stack.getLogicalId(node.defaultChild as CfnElement);
    const names: Readonly<Record<string, string>> = {
      [idOf(pipeline.runsBucket)]: LOCAL_BUCKETS.runs,
      [idOf(pipeline.resultsBucket)]: LOCAL_BUCKETS.results,
    };
    // Nothing else that has a name is there to be used here.
    const nameOf = (logicalId: string) => names[logicalId] ?? logicalId;
    const definitionOf = (machine: StateMachine) => readDefinition(template, idOf(machine), nameOf);
    return {
      definition: definitionOf(pipeline.stateMachine),
      finalizer: definitionOf(pipeline.finalizer),
      functions: readFunctions(template, assetManifest, outdir, nameOf),
      buckets: LOCAL_BUCKETS,
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Without what only a deployment needs: the template is validated by `cdk synth`, which takes two seconds for it. */
const LOCAL_APP: AppProps = {
  analyticsReporting: false,
  builtinCloudFormationValidation: false,
  treeMetadata: false,
  context: {
    'aws:cdk:disable-stack-trace': true,
    'aws:cdk:version-reporting': false,
    '@aws-cdk/core:stackResourceLimit': 0,
  },
};

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: unknown }>>;
}

interface AssetManifest {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
}

function readStack(app: App, outdir: string): { template: Template; assetManifest: AssetManifest } {
  const [stack] = app.synth().stacks;
  if (!stack) throw new Error('CDK synthesized no stack');
  const manifest = JSON.parse(readFileSync(join(outdir, `${stack.id}.assets.json`), 'utf8'));
  return { template: stack.template, assetManifest: manifest };
}

interface FunctionProperties {
  readonly Code: { readonly S3Key: string };
  readonly Handler: string;
  readonly Environment: { readonly Variables: Readonly<Record<string, string | { readonly Ref?: string }>> };
  readonly MemorySize: number;
  readonly Timeout: number;
}

interface StateMachineProperties {
  readonly DefinitionString: string;
  readonly DefinitionSubstitutions: Readonly<
    Record<string, { readonly 'Fn::GetAtt': readonly [string, string] } | { readonly Ref: string }>
  >;
}

function readFunctions(
  { Resources }: Template,
  assets: AssetManifest,
  outdir: string,
  nameOf: (logicalId: string) => string,
): Assembly['functions'] {
  const functions = new Map<string, FunctionSettings>();
  for (const [id, { Properties }] of ofType(Resources, 'AWS::Lambda::Function')) {
    const { Code, Environment, Handler, MemorySize, Timeout } = Properties as FunctionProperties;
    // The reaper's, which asks Step Functions.
    if (ENVIRONMENT.stateMachine in Environment.Variables) continue;
    const environment = Object.fromEntries(
      Object.entries(Environment.Variables).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : nameOf(value.Ref ?? ''),
      ]),
    );
    const asset = assets.files[Code.S3Key.replace(/\.zip$/, '')];
    functions.set(functionArn(id), {
      name: id,
      code: join(outdir, asset?.source.path ?? ''),
      handler: Handler,
      environment,
      memoryMiB: MemorySize,
      timeoutSeconds: Timeout,
    });
  }
  return functions;
}

function readDefinition({ Resources }: Template, machine: string, nameOf: (logicalId: string) => string): Definition {
  const properties = Resources[machine]?.Properties;
  if (!properties) throw new Error(`the template has no state machine ${machine}`);
  const { DefinitionString, DefinitionSubstitutions } = properties as StateMachineProperties;
  return filledIn(DefinitionString, (placeholder) => {
    const value = DefinitionSubstitutions[placeholder];
    if (!value) throw new Error(`the template has no value for ${placeholder}`);
    return 'Ref' in value ? nameOf(value.Ref) : functionArn(value['Fn::GetAtt'][0]);
  });
}

function ofType(resources: Template['Resources'], type: string) {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}
