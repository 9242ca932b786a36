/** The runs of a pipeline that is deployed. */

import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { RunEvent } from '../history/events.ts';
import type { Links } from '../history/links.ts';
import type { ListOptions, RunSummary, Runs, Where } from '../history/runs.ts';
import type { ReapSummary } from '../lambdas/reaper/summary.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { parseStateMachineArn } from './arns.ts';
import { type Clients, closeClients, openClients, withClients } from './clients.ts';
import { executionUrl, logEventsUrl } from './console.ts';
import { AwsError, inWords } from './errors.ts';
import { describeExecution, listRuns, runOfExecution, untilKnown } from './executions.ts';
import type { Deployed } from './find-pipelines.ts';
import { executionOf, type FoundRun, findRun } from './find-run.ts';
import { followRun } from './follow-run.ts';
import { functionsOf, type PipelineFunctions } from './functions.ts';
import { PACE, type Pace } from './read-history.ts';
import { askReaper } from './reaper-function.ts';
import type { AwsSettings } from './settings.ts';
import { inputToResume, type StartOptions, startExecution, stoppedBy } from './start-run.ts';

export interface RunsOnAwsOptions {
  readonly deployed: Deployed;
  /** Of the pipeline as it is here; without it, tasks that never began are not known. Asked for where events are read. */
  readonly plan?: Plan | (() => Promise<Plan | undefined>);
  /** @default the user's own */
  readonly settings?: AwsSettings;
  /** @default between one and five seconds */
  readonly pace?: Pace;
}

export interface Started {
  /** The run: of one that was resumed, its own id. */
  readonly run: string;
  readonly executionArn: string;
  /** In the console. */
  readonly url: string;
}

/**
 * Each method makes clients and destroys them, and throws AwsError for whatever AWS, or the way to it, refuses.
 */
export class RunsOnAws implements Runs {
  readonly pipeline: string;
  readonly where: Where & { readonly kind: 'aws' };
  readonly #deployed: Deployed;
  readonly #plan: () => Promise<Plan | undefined>;
  readonly #settings: AwsSettings;
  readonly #pace: Pace;
  /** The executions that this has started, by their runs: to be told of them may take AWS some seconds. */
  readonly #started = new Map<string, string>();

  constructor({ deployed, plan, settings = {}, pace = PACE }: RunsOnAwsOptions) {
    const { pipeline, region, stateMachineArn } = deployed;
    this.pipeline = pipeline;
    this.where = { kind: 'aws', region, stateMachineArn };
    this.#deployed = deployed;
    this.#plan = typeof plan === 'function' ? plan : async () => plan;
    this.#settings = { ...settings, region };
    this.#pace = pace;
  }

  list(options: ListOptions = {}): Promise<RunSummary[]> {
    return this.#with(({ sfn }) => listRuns(sfn, this.#deployed, options));
  }

  /** @param options.signal ends the events where it is, and nothing else: the run goes on */
  async *events(
    run: string,
    { follow = false, signal }: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<RunEvent> {
    const clients = openClients(this.#settings);
    try {
      const found = await this.#find(clients, run, signal);
      const options = { plan: await this.#plan(), follow, signal, pace: this.#pace };
      yield* followRun(clients.sfn, this.#deployed, found, options);
    } catch (error) {
      if (!signal?.aborted) throw inWords(error);
    } finally {
      closeClients(clients);
    }
  }

  /** The run of that name, or that an execution of that name resumed. */
  runOf(name: string): Promise<string | undefined> {
    return this.#with(async ({ sfn }) => {
      const execution = await executionOf(sfn, this.#deployed, name);
      return execution && runOfExecution(execution);
    });
  }

  /** Log groups are left out where the functions cannot be listed. */
  links(run: string): Promise<Links> {
    return this.#with(async (clients) => {
      const { sfn, lambda } = clients;
      const { execution, finalizer, run: id } = await this.#find(clients, run);
      const { finalizerArn } = this.#deployed;
      // A run that succeeded has one only where there are tasks after it.
      const after = finalizer ?? (finalizerArn && (await describeExecution(sfn, finalizerArn, execution.name)));
      const place = parseStateMachineArn(this.#deployed.stateMachineArn);
      const { logGroups } = await functionsIfTold(lambda, this.#deployed);
      const filter = `{ $.run = "${id}" }`;
      const until = (after || execution).stoppedAt?.getTime();
      const logs = Object.entries(logGroups).map(([task, group]) => {
        const url = logEventsUrl(place, group, filter, execution.startedAt.getTime(), until && until + LOG_LAG_MS);
        return [task, { text: `log group ${group}, filter ${filter}`, url }] as const;
      });
      return {
        execution: executionUrl(place, execution.arn),
        ...(after && { finalizer: executionUrl(place, after.arn) }),
        logs: Object.fromEntries(logs),
      };
    });
  }

  async stop(run: string, onAsked?: (who: string) => void): Promise<RunResult> {
    await this.#with(async (clients) => {
      const { execution, run: id } = await this.#find(clients, run);
      if (execution.status !== 'RUNNING')
        throw new UsageError(
          'NotRunning',
          `the run "${id}" of "${this.pipeline}" is not running: its execution ended ${execution.status}`,
        );
      await clients.sfn.send(new StopExecutionCommand({ executionArn: execution.arn, cause: stoppedBy() }));
      onAsked?.(`the execution ${execution.name}`);
    });
    for await (const event of this.events(run, { follow: true })) if (event.type === 'run-ended') return event.result;
    throw new Error(`the run "${run}" has no end`);
  }

  /** @throws UsageError where the name or the input is none, or there is, or was, a run of that name */
  start(options: StartOptions = {}): Promise<Started> {
    return this.#with(async ({ sfn }) => {
      const { name, executionArn } = await startExecution(sfn, this.#deployed, options);
      return this.#knownAs(name, name, executionArn);
    });
  }

  /**
   * Starts an execution that goes on with a run.
   *
   * @throws UsageError where it can be seen that it cannot be resumed; otherwise the execution may still fail with ResumeRefused
   */
  resume(run: string, { input, name }: StartOptions = {}): Promise<Started> {
    return this.#with(async ({ sfn }) => {
      const found = await findRun(sfn, this.#deployed, run);
      const resuming = { input: inputToResume(found, this.pipeline, input), ...(name !== undefined && { name }) };
      const started = await startExecution(sfn, this.#deployed, resuming);
      return this.#knownAs(found.run, started.name, started.executionArn);
    });
  }

  /**
   * Has the reaper see to all runs.
   *
   * @param options.function the name or ARN of the reaper function, where it may not be looked for
   */
  reap(options: { readonly dryRun?: boolean; readonly function?: string } = {}): Promise<ReapSummary> {
    const { dryRun = false } = options;
    return this.#with(async ({ lambda }) => {
      const name = options.function ?? (await functionsOf(lambda, this.#deployed)).reaper;
      if (name) return askReaper(lambda, name, dryRun);
      throw new UsageError(
        'NotDeployed',
        `no function in ${this.#deployed.region} is the reaper of ${this.#deployed.stateMachineArn}; name it with --function: it is the stack's output ReaperFunctionName`,
      );
    });
  }

  #knownAs(run: string, execution: string, executionArn: string): Started {
    this.#started.set(run, execution);
    this.#started.set(execution, execution);
    const url = executionUrl(parseStateMachineArn(this.#deployed.stateMachineArn), executionArn);
    return { run, executionArn, url };
  }

  async #find({ sfn }: Clients, run: string, signal?: AbortSignal): Promise<FoundRun> {
    const started = this.#started.get(run);
    if (started === undefined) return findRun(sfn, this.#deployed, run, signal);
    await untilKnown(sfn, this.#deployed.stateMachineArn, started, this.#pace, signal);
    return findRun(sfn, this.#deployed, started, signal);
  }

  #with<T>(use: (clients: Clients) => Promise<T>): Promise<T> {
    return withClients(this.#settings, use);
  }
}

/** CloudWatch may have an event some time after it was written. */
const LOG_LAG_MS = 60_000;

/** An endpoint may be Step Functions' alone, and an account have more functions than it will list now. */
async function functionsIfTold(client: Clients['lambda'], deployed: Deployed): Promise<PipelineFunctions> {
  try {
    return await functionsOf(client, deployed);
  } catch (error) {
    if (inWords(error) instanceof AwsError) return { logGroups: {} };
    throw error;
  }
}
