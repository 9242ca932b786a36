/**
 * One pipeline in an account of its own, with all that is around a run: the embedded S3, the real harness, cleanup,
 * finalizer and reaper. A test ends runs in it, and looks at what is left at each of the moments that something is
 * promised for.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { finalizeOnce } from '../../lambdas/reaper/finalize-once.ts';
import { reap } from '../../lambdas/reaper/reap.ts';
import type { ReapSummary } from '../../lambdas/reaper/summary.ts';
import { LOCAL_BUCKETS as BUCKETS } from '../../local/assembly-model.ts';
import { definitionsOf, InProcessFunctions } from '../../local/functions/in-process.ts';
import { clientOf, type LocalS3, type Refusal, readingFrom, type S3Request, startS3 } from '../../local/s3/endpoint.ts';
import type { CompileOptions } from '../../state-machines/compiler/compile.ts';
import { resultIn } from '../../state-machines/contract/reported-result.ts';
import { RUN_STATUSES, type RunResult } from '../../state-machines/contract/result.ts';
import { Account } from '../account/account.ts';
import type { StatusChange } from '../account/machine.ts';
import { type FunctionName, handlersOfEndings, PIPELINE, planOfEndings } from './pipeline.ts';

export const RUN = 'run-1';
/** Another run of the pipeline, at work all the time, whose name begins as the run's does. */
export const NEIGHBOUR = 'run-10';
/** Another pipeline's run of the same name; its name begins as ours does. */
const FOREIGN_KEY = `runs/${PIPELINE}-2/${RUN}/extract/1-00000000/raw`;

export interface SceneOptions extends CompileOptions {
  /** Put around each call of a function, in both machines. */
  readonly around?: (call: Call, scene: Scene) => Promise<unknown>;
}

export interface Call {
  readonly state: string;
  readonly execution: string;
  /** Carries it out. */
  go(): Promise<unknown>;
}

export class Scene {
  readonly account: Account;
  readonly s3: LocalS3;
  /** Handlers that were called: `run-1 left`. */
  readonly called: string[] = [];
  /** Told of each state that an execution of the pipeline enters. */
  onState: (execution: string, state: string) => void = () => undefined;
  /** Told of each state that a finalizer enters. */
  onFinalizerState: (execution: string, state: string) => void = () => undefined;
  /** Asked about every request to S3. */
  refuse: (request: S3Request) => Refusal | undefined = () => undefined;
  readonly #client: S3Client;
  readonly #ends: StatusChange[] = [];
  readonly #failing = new Set<string>();
  readonly #held = new Map<string, Held>();
  readonly #calls = new Set<Promise<unknown>>();
  #neighbour: readonly string[] = [];

  private constructor(s3: LocalS3, { around = ({ go }) => go(), ...options }: SceneOptions) {
    const plan = planOfEndings();
    const functions = new InProcessFunctions(
      plan,
      handlersOfEndings((name, run) => this.#begin(`${run} ${name}`)),
      s3.endpoint,
    );
    this.s3 = s3;
    this.#client = clientOf(s3.endpoint);
    this.account = new Account({
      name: PIPELINE,
      ...definitionsOf(plan, options),
      invoke: ({ state, resource, payload }) => {
        const go = () => {
          const call = functions.invoke(resource, payload);
          this.#calls.add(call);
          const forget = () => this.#calls.delete(call);
          call.then(forget, forget);
          return call;
        };
        return around({ state, execution: (payload as { run: string }).run, go }, this);
      },
      getObject: readingFrom(s3.endpoint),
      waits: 'none',
      onState: (of, execution, state) =>
        of === 'pipeline' ? this.onState(execution, state) : this.onFinalizerState(execution, state),
    });
    this.account.onEnd(RUN_STATUSES, (event) => this.#ends.push(event));
  }

  /** Begins with a run of the same pipeline at work, and with something of another pipeline. */
  static async open(options: SceneOptions = {}): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
    let scene: Scene | undefined;
    const s3 = await startS3({ folder, refuse: (request) => scene?.refuse(request) });
    for (const bucket of Object.values(BUCKETS)) s3.createBucket(bucket);
    scene = new Scene(
      { ...s3, stop: () => s3.stop().finally(() => rmSync(folder, { recursive: true, force: true })) },
      options,
    );
    await scene.#client.send(new PutObjectCommand({ Bucket: BUCKETS.runs, Key: FOREIGN_KEY, Body: 'x' }));
    const atWork = scene.hold('load', NEIGHBOUR);
    scene.start(NEIGHBOUR);
    await atWork.begun;
    await scene.functionsAreIdle(1);
    scene.#neighbour = await scene.#othersKeys();
    return scene;
  }

  start(execution = RUN, input: unknown = {}): void {
    this.account.pipeline.start(execution, input);
  }

  stop(execution = RUN): void {
    this.account.pipeline.stop(execution, { cause: 'an operator stopped it' });
  }

  isRunning(execution = RUN): boolean {
    return this.account.pipeline.describe(execution)?.status === 'RUNNING';
  }

  /** Lets the handlers of the run fail. */
  fail(...names: readonly FunctionName[]): void {
    for (const name of names) this.#failing.add(`${RUN} ${name}`);
  }

  /** Lets no handler fail any more. */
  heal(): void {
    this.#failing.clear();
  }

  /** Lets the handler wait before it does anything, until it is let go. */
  hold(name: FunctionName, run = RUN): Held {
    const begun = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const held = {
      begun: begun.promise,
      letGo: released.resolve,
      wait: () => {
        begun.resolve();
        return released.promise;
      },
    };
    this.#held.set(`${run} ${name}`, held);
    return held;
  }

  /** Waits until no more functions are at work than that: one is the neighbour's. */
  async functionsAreIdle(atWork = 1): Promise<void> {
    while (this.#calls.size > atWork) await Promise.race(this.#calls).catch(() => undefined);
  }

  /** Lets all that outlived the run do its work, and waits for it. */
  async lateWriters(): Promise<void> {
    for (const [who, { letGo }] of this.#held) if (who.startsWith(`${RUN} `)) letGo();
    await this.functionsAreIdle();
  }

  /** What Step Functions tells of an end arrives at the reaper function. */
  async deliver(execution = RUN): Promise<void> {
    // An event comes some time after the end.
    await new Promise(setImmediate);
    for (const { detail } of this.#ends) {
      if (detail.name === execution) await finalizeOnce(detail.name, this.account, { afterExecution: true });
    }
    await this.finalized();
  }

  /** The reaper's visit, and what it has started. */
  async reap(nowMs = Date.now()): Promise<ReapSummary> {
    const summary = await reap({
      pipeline: PIPELINE,
      s3: this.#client,
      runsBucket: BUCKETS.runs,
      executions: this.account,
      afterExecution: true,
      now: () => nowMs,
    });
    await this.finalized();
    return summary;
  }

  async finalized(): Promise<void> {
    const { finalizers } = this.account;
    await Promise.all(finalizers.list().map(({ name }) => finalizers.over(name)));
  }

  /** As the execution reported it, or else its finalizer. */
  result(execution = RUN): RunResult | undefined {
    const { pipeline, finalizers } = this.account;
    const { output, cause } = pipeline.describe(execution) ?? {};
    return [output, cause, finalizers.describe(execution)?.output].map(resultIn).find((result) => result);
  }

  timesCalled(name: FunctionName, run = RUN): number {
    return this.called.filter((who) => who === `${run} ${name}`).length;
  }

  /** What lies under the run's prefix. */
  keys(run = RUN): Promise<string[]> {
    return this.#list(BUCKETS.runs, `runs/${PIPELINE}/${run}/`);
  }

  /** What is there of other runs, and not as it was; empty where they are untouched. */
  async changedOfOthers(): Promise<string[]> {
    const now = new Set(await this.#othersKeys());
    return [...now.symmetricDifference(new Set(this.#neighbour))];
  }

  /** What `load` published; undefined where it did not. */
  async table(run = RUN): Promise<unknown> {
    const key = `results/${PIPELINE}/${run}/load/table.json`;
    if (!(await this.#list(BUCKETS.results, key)).includes(key)) return undefined;
    return JSON.parse(await readingFrom(this.s3.endpoint)(BUCKETS.results, key));
  }

  async close(): Promise<void> {
    for (const { letGo } of this.#held.values()) letGo();
    await this.functionsAreIdle(0);
    await this.account.pipeline.over(NEIGHBOUR);
    this.#client.destroy();
    await this.s3.stop();
  }

  async #begin(who: string): Promise<void> {
    this.called.push(who);
    await this.#held.get(who)?.wait();
    if (this.#failing.has(who)) throw failure('Broken');
  }

  async #othersKeys(): Promise<string[]> {
    const own = `runs/${PIPELINE}/${RUN}/`;
    return (await this.#list(BUCKETS.runs, 'runs/')).filter((key) => !key.startsWith(own));
  }

  async #list(Bucket: string, Prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, { Bucket, Prefix })) {
      keys.push(...Contents.map(({ Key = '' }) => Key));
    }
    return keys;
  }
}

export interface Held {
  /** Settles when the handler was called. */
  readonly begun: Promise<void>;
  letGo(): void;
  wait(): Promise<void>;
}

export function failure(name: string): Error {
  return Object.assign(new Error(`${name} it is`), { name });
}
