/** What would be deployed, read back from the CDK assembly: definitions, functions, roles. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type AppProps, type CfnElement, Duration, Stack } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Pipeline } from '../../infra/pipeline.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { type Assembly, LOCAL_BUCKETS } from '../assembly-model.ts';
import { readFunctions } from './functions.ts';
import { resolverOf } from './intrinsics.ts';
import { readDefinition } from './machines.ts';
import { readPermissions } from './roles.ts';
import { readStack } from './template.ts';

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
    const synthesized = readStack(app, outdir);
    const { template } = synthesized;
    const idOf = ({ node }: StateMachine | Bucket) => stack.getLogicalId(node.defaultChild as CfnElement);
    const resolve = resolverOf(template, {
      [idOf(pipeline.runsBucket)]: LOCAL_BUCKETS.runs,
      [idOf(pipeline.resultsBucket)]: LOCAL_BUCKETS.results,
    });
    const machines = { stateMachine: idOf(pipeline.stateMachine), finalizer: idOf(pipeline.finalizer) };
    return {
      definition: readDefinition(template, machines.stateMachine, resolve),
      finalizer: readDefinition(template, machines.finalizer, resolve),
      functions: readFunctions(synthesized, resolve),
      buckets: LOCAL_BUCKETS,
      permissions: readPermissions(template, resolve, machines, plan),
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
