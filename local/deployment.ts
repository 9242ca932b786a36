/** A pipeline made ready to run here: its definition, its functions, its buckets at an S3 endpoint. */

import type { AnyHandler } from '../lambdas/runtime/invocation.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { type Assembly, LOCAL_BUCKETS, REGION } from './assembly-model.ts';
import { type Functions, SandboxedFunctions } from './functions/functions.ts';
import { definitionsOf, InProcessFunctions } from './functions/in-process.ts';
import { MARK_VARIABLE } from './functions/left-processes.ts';
import type { Credentials } from './iam/guard.ts';
import type { Permissions } from './iam/permissions.ts';

export interface Deployment extends Pick<Assembly, 'definition' | 'finalizer' | 'buckets'> {
  /** Of the roles, where there are any. */
  readonly permissions?: Permissions;
  /**
   * @param logs the folder for what the functions print
   * @param credentialsOf a function, by its ARN
   */
  start(endpoint: string, logs: string, credentialsOf: (functionArn: string) => Credentials): Functions;
  /** Deletes what was made for it. */
  dispose(): void;
}

export interface DeployOptions {
  /** How long the intermediates of a run that did not succeed are kept. @default not at all */
  readonly keepOnFailureSeconds?: number;
}

export interface FolderOptions extends DeployOptions {
  /** The folder to make for what is bundled and synthesized. */
  readonly temporary: string;
  /** In the environment of the processes that run the functions. */
  readonly mark: string;
}

/** What CDK would deploy. @throws UsageError for handlers that are missing or cannot be bundled */
export async function deployFolder(plan: Plan, handlers: string, options: FolderOptions): Promise<Deployment> {
  const { temporary, mark, keepOnFailureSeconds } = options;
  // CDK takes half a second to load; runs with plain handlers do without it.
  const { synthesize } = await import('./template/synthesize.ts');
  const { functions, ...assembly } = synthesize(plan, { handlers, outdir: temporary, keepOnFailureSeconds });
  return {
    ...assembly,
    start(endpoint, logs, credentialsOf) {
      const surroundings = {
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_REGION: REGION,
        [MARK_VARIABLE]: mark,
      };
      const settings = functions.entries().map(([arn, settings]) => {
        const { accessKeyId, secretAccessKey } = credentialsOf(arn);
        const own = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
        const environment = { ...settings.environment, ...surroundings, ...own };
        return [arn, { ...settings, environment }] as const;
      });
      return new SandboxedFunctions(new Map(settings), logs);
    },
  };
}

/** The same definition around handlers in this process. */
export function deployPlain(
  plan: Plan,
  handlers: Readonly<Record<string, AnyHandler>>,
  { keepOnFailureSeconds }: DeployOptions,
): Deployment {
  return {
    ...definitionsOf(plan, keepOnFailureSeconds === undefined ? {} : { keepOnFailureSeconds }),
    buckets: LOCAL_BUCKETS,
    start: (endpoint) => new InProcessFunctions(plan, handlers, endpoint),
    dispose: () => undefined,
  };
}
