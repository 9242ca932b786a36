/** Where the executions of one run are carried out: its functions and its S3 endpoint, for as long as they are needed. */

import type { S3Client } from '@aws-sdk/client-s3';
import type { Plan } from '../state-machines/graph/plan.ts';
import { LOCAL_BUCKETS } from './assembly-model.ts';
import type { Deployment } from './deployment.ts';
import type { Functions } from './functions/functions.ts';
import { Places } from './functions/places.ts';
import { Guard, type MachineRole } from './iam/guard.ts';
import { loadSimulator } from './iam/simulator.ts';
import type { InterpretOptions } from './interpreter.ts';
import type { Tell } from './progress.ts';
import { reporting } from './reporting.ts';
import type { RunFolder } from './runs/run-folder.ts';
import type { HeldTurn } from './runs/turns.ts';
import {
  clientOf,
  LOCAL_CREDENTIALS,
  type LocalS3,
  type LocalS3Options,
  readingFrom,
  type S3Request,
  startS3,
} from './s3/endpoint.ts';

export interface SiteOptions extends Pick<LocalS3Options, 'refuse'> {
  readonly plan: Plan;
  readonly folder: RunFolder;
  /** The right to work in the folder. */
  readonly held: HeldTurn;
  readonly deployment: Deployment;
  readonly waits: 'real' | 'none';
  readonly tell: Tell;
}

export interface Site extends Omit<SiteOptions, 'refuse' | 'waits'> {
  readonly s3: LocalS3;
  readonly functions: Functions;
  /** How the executions of a machine are carried out, in its role. */
  running(machine: MachineRole): Running;
}

type Running = Pick<InterpretOptions, 'invoke' | 'admit' | 'admitChild' | 'getObject' | 'waits'>;

/** Ends the functions and the endpoint, and deletes the deployment, however the work ends. */
export async function atSite<T>(
  { refuse, waits, ...options }: SiteOptions,
  work: (site: Site) => Promise<T>,
): Promise<T> {
  const { deployment, folder, tell, plan } = options;
  try {
    const guard = await guardOf(deployment, tell);
    const admit = guard && ((request: S3Request) => guard.admitToS3(request));
    const s3 = await startS3({ folder: folder.s3, ...(refuse && { refuse }), ...(admit && { admit }) });
    let functions: Functions | undefined;
    try {
      for (const bucket of Object.values(deployment.buckets)) s3.createBucket(bucket);
      functions = deployment.start(s3.endpoint, folder.logs, (arn) => guard?.credentialsOf(arn) ?? LOCAL_CREDENTIALS);
      const places = new Places(functions.atOnce);
      const all = functions;
      const read = readingFrom(s3.endpoint);
      const running = (machine: MachineRole): Running => {
        const may = guard?.machine(machine);
        return {
          invoke: reporting(all, plan, tell, may?.invoke),
          admit: (resource, invocation) => places.use(resource, invocation),
          getObject: async (bucket, key) => {
            await may?.readList(bucket, key);
            return read(bucket, key);
          },
          ...(may && { admitChild: may.startChild }),
          waits,
        };
      };
      return await work({ ...options, s3, functions, running });
    } finally {
      await functions?.kill();
      await s3.stop();
    }
  } finally {
    deployment.dispose();
  }
}

/** Only the S3 endpoint, where no function is called any more. */
export async function atStorage<T>(
  { s3: folder }: RunFolder,
  work: (s3: S3Client, endpoint: string) => Promise<T>,
): Promise<T> {
  const local = await startS3({ folder });
  const s3 = clientOf(local.endpoint);
  try {
    for (const bucket of Object.values(LOCAL_BUCKETS)) local.createBucket(bucket);
    return await work(s3, local.endpoint);
  } finally {
    s3.destroy();
    await local.stop();
  }
}

/** @returns undefined where there are no roles, or nothing is installed that knows what they allow */
async function guardOf({ permissions }: Deployment, tell: Tell): Promise<Guard | undefined> {
  if (!permissions) return undefined;
  const simulate = await loadSimulator();
  if (!simulate) {
    tell({ type: 'permissions-not-checked' });
    return undefined;
  }
  return new Guard(permissions, simulate, (denial) => tell({ type: 'denied', denial }));
}
