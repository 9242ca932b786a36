/**
 * A synthesized pipeline in an account of its own, each of its functions and machines in its role: the real definitions,
 * harness, cleanup, finalizer and reaper, in this process.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Denial } from '../../../history/events.ts';
import type { Executions } from '../../../lambdas/reaper/executions.ts';
import { finalizeOnce } from '../../../lambdas/reaper/finalize-once.ts';
import { reap } from '../../../lambdas/reaper/reap.ts';
import { type Assembly, LOCAL_BUCKETS as BUCKETS, functionArn } from '../../../local/assembly-model.ts';
import { InProcessFunctions } from '../../../local/functions/in-process.ts';
import { LambdaError } from '../../../local/functions/lambda-error.ts';
import type { Decisions } from '../../../local/iam/decisions.ts';
import type { Guard, MachineRole } from '../../../local/iam/guard.ts';
import type { Permissions, Principal } from '../../../local/iam/permissions.ts';
import { clientOf, type LOCAL_CREDENTIALS, LOCAL_REGION, readingFrom, startS3 } from '../../../local/s3/endpoint.ts';
import { synthesize } from '../../../local/template/synthesize.ts';
import { CLEANUP_PLACEHOLDER, placeholdersOf } from '../../../state-machines/compiler/placeholders.ts';
import { ENVIRONMENT } from '../../../state-machines/contract/environment.ts';
import { Account } from '../../account/account.ts';
import { type Behaviour, handlersOfAll, PIPELINE, planOfAll } from './pipeline.ts';

const KEEP_SECONDS = 3_600;
const plan = planOfAll();

/** As the CDK synthesizes it. */
export function synthesizeAll(): Assembly {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
  try {
    const handlers = join(folder, 'handlers');
    mkdirSync(handlers);
    for (const { name } of plan.functions)
      writeFileSync(join(handlers, `${name}.ts`), 'export const handler = () => 1;');
    return synthesize(plan, { handlers, outdir: join(folder, 'assembly'), keepOnFailureSeconds: KEEP_SECONDS });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export class World {
  readonly denials: Denial[] = [];
  readonly account: Account;
  behave: Behaviour = () => 'work';
  /** Invokes each function once more after it has answered, as Lambda may. */
  twice = false;
  /** Tasks whose functions do not load. */
  readonly broken = new Set<string>();
  onState: (execution: string, state: string) => unknown = () => undefined;
  readonly #guard: Guard;
  readonly #clients: S3Client[] = [];
  readonly #endpoint: string;
  readonly #stop: () => Promise<void>;
  readonly #reaper: { readonly arn: string; readonly s3: S3Client; readonly executions: Executions };

  private constructor(assembly: Assembly, guard: Guard, endpoint: string, stop: () => Promise<void>) {
    this.#guard = guard;
    this.#endpoint = endpoint;
    this.#stop = stop;
    const { permissions } = assembly;
    const arnOf = (matches: (principal: Principal) => boolean) =>
      [...permissions.functions].find(([, principal]) => matches(principal))?.[0] ?? '';
    const clientOfFunction = (arn: string) => this.#client(guard.credentialsOf(arn));
    const clients = new Map(
      [...plan.functions.map(({ name }) => name), undefined].map((task) => [
        task,
        clientOfFunction(arnOf((one) => (task === undefined ? one.who === 'the cleanup' : one.task === task))),
      ]),
    );
    const handlers = handlersOfAll((...what) => this.behave(...what));
    const functions = new InProcessFunctions(plan, handlers, endpoint, (task) => clients.get(task) as S3Client);
    const placeholders = placeholdersOf(plan);
    const invoke = (of: MachineRole) => {
      const may = guard.machine(of);
      return async ({ resource, payload }: { readonly resource: string; readonly payload: unknown }) => {
        await may.invoke(resource);
        const task = assembly.functions.get(resource)?.environment[ENVIRONMENT.task];
        if (task !== undefined && this.broken.has(task))
          throw new LambdaError('Runtime.ImportModuleError', 'no such file');
        const inProcess = functionArn(task === undefined ? CLEANUP_PLACEHOLDER : (placeholders[task] ?? ''));
        const answer = await functions.invoke(inProcess, payload);
        return this.twice ? functions.invoke(inProcess, payload) : answer;
      };
    };
    const read = readingFrom(endpoint);
    this.account = new Account({
      name: PIPELINE,
      definition: assembly.definition,
      finalizer: assembly.finalizer,
      waits: 'none',
      onState: (_, execution, state) => void this.onState(execution, state),
      invoke: invoke('stateMachine'),
      ofMachine: (of) => {
        const role = of === 'pipeline' ? 'stateMachine' : 'finalizer';
        const may = guard.machine(role);
        return {
          invoke: invoke(role),
          admitChild: may.startChild,
          getObject: async (bucket, key) => {
            await may.readList(bucket, key);
            return read(bucket, key);
          },
        };
      },
    });
    const reaper = arnOf(({ who }) => who === 'the reaper');
    this.#reaper = {
      arn: reaper,
      s3: clientOfFunction(reaper),
      executions: inRole(this.account, guard, permissions, permissions.functions.get(reaper) as Principal),
    };
  }

  static async open(assembly: Assembly, guardOf: (onDenied: (denial: Denial) => void) => Guard): Promise<World> {
    let world: World | undefined;
    const guard = guardOf((denial) => world?.denials.push(denial));
    const s3 = await startS3({ admit: (request) => guard.admitToS3(request) });
    for (const bucket of Object.values(BUCKETS)) s3.createBucket(bucket);
    world = new World(assembly, guard, s3.endpoint, () => s3.stop());
    return world;
  }

  /** An execution, until it and its finalizer are over. */
  async run(execution: string, input: unknown = {}, { heard = true } = {}): Promise<void> {
    this.account.pipeline.start(execution, input);
    await this.account.pipeline.over(execution);
    if (heard) await this.hear(execution);
  }

  /** The end of an execution comes to the reaper as an event. */
  async hear(execution: string): Promise<void> {
    await this.#guard.lambdaStarts(this.#reaper.arn);
    await finalizeOnce(execution, this.#reaper.executions, { afterExecution: true }).catch(() => undefined);
    await this.#finalized();
  }

  async reap(now = Date.now()): Promise<void> {
    const { arn, s3, executions } = this.#reaper;
    await this.#guard.lambdaStarts(arn);
    await reap({
      pipeline: PIPELINE,
      s3,
      runsBucket: BUCKETS.runs,
      executions,
      afterExecution: true,
      now: () => now,
    }).catch(() => undefined);
    await this.#finalized();
  }

  /** Something that a dead function left: an object, and an upload that nobody completes. */
  async leave(run: string): Promise<void> {
    const s3 = clientOf(this.#endpoint);
    const place = { Bucket: BUCKETS.runs, Key: `runs/${PIPELINE}/${run}/bulk/1-0000000a/blob` };
    await s3.send(new PutObjectCommand({ ...place, Body: 'x' }));
    await s3.send(new CreateMultipartUploadCommand(place));
    s3.destroy();
  }

  /** The keys of all objects of both buckets, the sizes of results, and unfinished uploads. */
  async keys(): Promise<string[]> {
    const s3 = clientOf(this.#endpoint);
    const keys: string[] = [];
    for (const Bucket of Object.values(BUCKETS))
      for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket }))
        keys.push(...Contents.map(({ Key = '', Size }) => (Bucket === BUCKETS.results ? `${Key} ${Size}` : Key)));
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKETS.runs }));
    s3.destroy();
    return [...keys, ...Uploads.map(({ Key = '' }) => `${Key} (upload)`)];
  }

  get decisions(): Decisions {
    return this.#guard.decisions;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.#stop();
  }

  async #finalized(): Promise<void> {
    const { finalizers } = this.account;
    await Promise.all(finalizers.list().map(({ name }) => finalizers.over(name)));
  }

  #client(credentials: typeof LOCAL_CREDENTIALS): S3Client {
    const settings = { endpoint: this.#endpoint, region: LOCAL_REGION, forcePathStyle: true, maxAttempts: 1 };
    const client = new S3Client({ ...settings, credentials });
    this.#clients.push(client);
    return client;
  }
}

/** What the reaper asks of Step Functions, as `StepFunctions` in lambdas/reaper asks it. */
function inRole(
  account: Account,
  guard: Guard,
  { stateMachine, finalizer }: Permissions,
  reaper: Principal,
): Executions {
  const machine = stateMachine.machine ?? '';
  const finalizers = finalizer.machine ?? '';
  const ask = async (action: string, resource: string) => {
    const denial = await guard.denied(reaper, { action: `states:${action}`, resource });
    if (denial) throw new Error(denial.message);
  };
  const executionOf = (arn: string, name: string) => `${arn.replace(':stateMachine:', ':execution:')}:${name}`;
  return {
    describe: async (name) => {
      await ask('DescribeExecution', executionOf(machine, name));
      return account.describe(name);
    },
    finalizer: async (name) => {
      await ask('DescribeExecution', executionOf(finalizers, name));
      return account.finalizer(name);
    },
    enteredCleanup: async (name) => {
      await ask('GetExecutionHistory', executionOf(machine, name));
      return account.enteredCleanup(name);
    },
    startFinalizer: async (input) => {
      await ask('StartExecution', finalizers);
      return account.startFinalizer(input);
    },
    async *withoutFinalizer(wanted) {
      await ask('ListExecutions', finalizers);
      await ask('ListExecutions', machine);
      yield* account.withoutFinalizer(wanted);
    },
  };
}
