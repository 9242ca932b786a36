/** Executions of a deployed pipeline, and what they leave. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetFunctionConfigurationCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ENVIRONMENT } from '../../state-machines/contract/environment.ts';
import { resultIn } from '../../state-machines/contract/reported-result.ts';
import type { RunResult, TaskResult } from '../../state-machines/contract/result.ts';
import { clients } from './account.ts';
import type { Deployed } from './cdk.ts';

const { sfn, s3, lambda } = clients();
const EXECUTION_SECONDS = 90;

/** Asks until there is an answer. @throws where there is none in time */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  seconds = EXECUTION_SECONDS,
): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(200);
  }
  throw new Error(`${what}: not within ${seconds} seconds`);
}

export class DeployedPipeline {
  readonly stateMachine: string;
  readonly finalizer: string;
  readonly reaper: string;
  readonly resultsBucket: string;
  readonly runsBucket: string;
  readonly pipeline: string;

  static async of(pipeline: string, deployed: Deployed | undefined): Promise<DeployedPipeline> {
    if (!deployed) throw new Error('nothing was deployed');
    const reaper = new GetFunctionConfigurationCommand({ FunctionName: deployed.output('ReaperFunctionName') });
    const { Environment } = await lambda.send(reaper);
    return new DeployedPipeline(pipeline, deployed, Environment?.Variables?.[ENVIRONMENT.runsBucket] ?? '');
  }

  private constructor(pipeline: string, deployed: Deployed, runsBucket: string) {
    this.pipeline = pipeline;
    this.stateMachine = deployed.output('StateMachineArn');
    this.finalizer = deployed.output('FinalizerArn');
    this.reaper = deployed.output('ReaperFunctionName');
    this.resultsBucket = deployed.output('ResultsBucketName');
    this.runsBucket = runsBucket;
  }

  async start(name: string, input: unknown = {}): Promise<void> {
    const start = { stateMachineArn: this.stateMachine, name, input: JSON.stringify(input) };
    await sfn.send(new StartExecutionCommand(start));
  }

  /** The execution when it is over. */
  over(name: string, machine = this.stateMachine): Promise<DescribeExecutionOutput> {
    return until(`the end of ${name}`, async () => {
      const execution = await this.describe(name, machine);
      return execution && execution.status !== 'RUNNING' ? execution : undefined;
    });
  }

  async describe(name: string, machine = this.stateMachine): Promise<DescribeExecutionOutput | undefined> {
    try {
      return await sfn.send(new DescribeExecutionCommand({ executionArn: this.arnOf(name, machine) }));
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  }

  arnOf(name: string, machine = this.stateMachine): string {
    return `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
  }

  /** The execution's result when it is over. */
  async run(name: string, input: unknown = {}): Promise<RunResult> {
    await this.start(name, input);
    return this.resultOf(name);
  }

  async resultOf(name: string, machine = this.stateMachine): Promise<RunResult> {
    const { status, output, error, cause } = await this.over(name, machine);
    const result = resultIn(output) ?? resultIn(cause);
    if (!result) throw new Error(`${name} is ${status} without a result: ${error} ${cause ?? output}`);
    return result;
  }

  /** What lies in the runs bucket: objects, and besides versions and unfinished uploads. @param run of this one only */
  async left(run?: string): Promise<string[]> {
    const Bucket = this.runsBucket;
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    return [...Versions, ...DeleteMarkers, ...Uploads]
      .map(({ Key = '' }) => Key)
      .filter((key) => run === undefined || key.startsWith(`runs/${this.pipeline}/${run}/`));
  }

  /** By the path behind the run's prefix, what a run has published. */
  async published(run: string): Promise<Record<string, string>> {
    const Prefix = `results/${this.pipeline}/${run}/`;
    const found: Record<string, string> = {};
    const pages = paginateListObjectsV2({ client: s3 }, { Bucket: this.resultsBucket, Prefix });
    for await (const { Contents = [] } of pages) {
      for (const { Key = '' } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: this.resultsBucket, Key }));
        found[Key.slice(Prefix.length)] = digestOf((await Body?.transformToByteArray()) ?? new Uint8Array());
      }
    }
    return found;
  }

  async reap(event: unknown): Promise<unknown> {
    const answer = await lambda.send(new InvokeCommand({ FunctionName: this.reaper, Payload: JSON.stringify(event) }));
    const text = answer.Payload?.transformToString() ?? '';
    if (answer.FunctionError) throw new Error(`the reaper failed: ${text}`);
    return JSON.parse(text);
  }
}

/** The same of a run of this machine. @param keys as `published` has them */
export async function publishedHere(folder: string, keys: readonly string[]): Promise<Record<string, string>> {
  const digests = keys.map(async (key) => [key, digestOf(await readFile(join(folder, 'results', key)))] as const);
  return Object.fromEntries(await Promise.all(digests));
}

function digestOf(bytes: Uint8Array): string {
  return `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** What must be the same wherever a run takes place: all but times, and what deleting took. */
export function comparable({ startedAt, durationMs, keptUntil, released, ...result }: RunResult) {
  return {
    ...result,
    kept: keptUntil !== undefined,
    released: { objects: released.objects, left: released.left, consumed: released.consumed?.objects },
    tasks: withoutTimes(result.tasks),
    ...(result.hooks && { hooks: withoutTimes(result.hooks) }),
  };
}

function withoutTimes(results: Readonly<Record<string, TaskResult>>) {
  return Object.fromEntries(Object.entries(results).map(([name, { startedAt, durationMs, ...rest }]) => [name, rest]));
}
