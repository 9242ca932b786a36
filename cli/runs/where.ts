/** Where the runs are that a command is about: on AWS, where their pipeline is deployed, or on this machine. */

import type { Command } from 'commander';
import type { Deployed, RunsOnAws, Search } from '../../aws/index.ts';
import { hasAwsSettings } from '../../aws/settings.ts';
import { DEFAULT_DIR, dirOption } from '../../history/dir-option.ts';
import type { Runs, Where } from '../../history/runs.ts';
import { UsageError } from '../../state-machines/contract/errors.ts';
import type { Terminal } from '../terminal.ts';
import { finalizeDeadRuns } from './finalize-dead.ts';
import { tryLoadPlan } from './plan-of-run.ts';

export interface WhereOptions {
  readonly local?: true;
  readonly aws?: true;
  readonly stateMachine?: string;
  readonly dir: string;
}

/** Without `--dir`, which some commands have already. */
export function awsOptions(command: Command): Command {
  return command
    .option('--local', 'on this machine, though the pipeline is deployed')
    .option('--aws', 'on AWS, or not at all')
    .option('--state-machine <arn>', 'on AWS: the deployment, instead of looking for it by its tags');
}

export function whereOptions(command: Command): Command {
  return awsOptions(command).option('--dir <folder>', 'where runs of this machine keep their data', DEFAULT_DIR);
}

/** The runs of a pipeline, and what only one of the places has. */
export interface Place {
  readonly runs: Runs;
  readonly aws?: RunsOnAws;
  /** `on AWS, eu-central-1, SalesSales4F1` or `on this machine, .ebbtide`. */
  readonly label: string;
  /** The options that lead there again, each with a space before it. */
  readonly options: string;
}

export function labelOf(where: Where): string {
  if (where.kind === 'here') return `on this machine, ${where.dir}`;
  return `on AWS, ${where.region}, ${where.stateMachineArn.split(':').at(-1)}`;
}

/** @param local it has to be said, or was */
export function optionsHere(dir: string, local = false): string {
  return `${local ? ' --local' : ''}${dirOption(dir)}`;
}

/** Where the pipelines of one command are: AWS is asked at most once. */
export class Places {
  readonly #options: WhereOptions;
  readonly #terminal: Terminal;
  #search: Promise<Search> | undefined;

  /** @throws UsageError where the options exclude each other */
  constructor(options: WhereOptions, terminal: Terminal) {
    const { local, aws, stateMachine } = options;
    if (local && (aws || stateMachine !== undefined)) {
      const other = aws ? '--aws' : '--state-machine';
      throw new UsageError('InvalidOption', `--local and ${other} exclude each other: say the one or the other`);
    }
    this.#options = options;
    this.#terminal = terminal;
  }

  get dir(): string {
    return this.#options.dir;
  }

  /** Runs of this machine are not meant. */
  get onlyAws(): boolean {
    return this.#options.aws === true || this.isNamed;
  }

  /** The deployment is named: no other pipeline is meant. */
  get isNamed(): boolean {
    return this.#options.stateMachine !== undefined;
  }

  /** @throws UsageError where it is not deployed and must be, or more than once; AwsError where AWS cannot be asked */
  async of(pipeline: string): Promise<Place> {
    const found = await this.deployed([pipeline]);
    const [deployed] = found;
    if (!deployed) return this.here(pipeline);
    if (found.length > 1) {
      const { ambiguous } = await import('../../aws/index.ts');
      throw ambiguous(pipeline, found);
    }
    return this.#onAws(deployed);
  }

  /** Of several pipelines, each where it is: of one that is deployed more than once all deployments. */
  async ofAll(pipelines: readonly string[]): Promise<Place[]> {
    const deployed = pipelines.length === 0 ? [] : await this.deployed(pipelines);
    const places = pipelines.map(async (pipeline) => {
      const there = deployed.filter((one) => one.pipeline === pipeline);
      if (there.length > 0) return Promise.all(there.map((one) => this.#onAws(one)));
      return this.onlyAws ? [] : [await this.here(pipeline)];
    });
    return (await Promise.all(places)).flat();
  }

  async here(pipeline: string): Promise<Place> {
    const { aws, dir, local } = this.#options;
    if (aws) {
      throw new UsageError(
        'NotDeployed',
        `"${pipeline}" is not deployed in this account and region: deploy it, set another AWS_PROFILE or AWS_REGION, or leave --aws out`,
      );
    }
    const { RunsHere } = await import('../../local/runs-here.ts');
    const runs = new RunsHere({ dir, pipeline, finalizeDead: () => finalizeDeadRuns(dir, this.#terminal) });
    return { runs, label: labelOf(runs.where), options: optionsHere(dir, local) };
  }

  /**
   * What is deployed; nothing where AWS is not to be asked.
   *
   * @param pipelines only of these names. @default all
   */
  async deployed(pipelines?: readonly string[]): Promise<readonly Deployed[]> {
    const { local, aws, stateMachine } = this.#options;
    if (local || (!aws && stateMachine === undefined && !hasAwsSettings(process.env))) return [];
    const { AwsError, pipelineOf, pipelinesIn, searchPipelines } = await import('../../aws/index.ts');
    if (stateMachine !== undefined) {
      const deployed = await pipelineOf(stateMachine);
      if (pipelines?.includes(deployed.pipeline) ?? true) return [deployed];
      throw new UsageError(
        'InvalidOption',
        `--state-machine ${stateMachine} is a deployment of "${deployed.pipeline}", not of "${pipelines?.join('", "')}"`,
      );
    }
    try {
      this.#search ??= searchPipelines();
      return pipelinesIn(await this.#search, pipelines);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code } = error;
      const named = code === 'AwsThrottled' ? '; with --state-machine <arn> no pipeline is looked for' : '';
      const local = aws ? '' : '\nfor runs on this machine AWS need not be asked: add --local';
      throw new AwsError(code, `${error.message}${named}${local}`, { cause: error });
    }
  }

  async #onAws(deployed: Deployed): Promise<Place> {
    const { RunsOnAws } = await import('../../aws/index.ts');
    const { pipeline } = deployed;
    const runs = new RunsOnAws({ deployed, plan: async () => (await tryLoadPlan(pipeline)).plan });
    const { stateMachine } = this.#options;
    const options = stateMachine === undefined ? '' : ` --state-machine ${stateMachine}`;
    return { runs, aws: runs, label: labelOf(runs.where), options };
  }
}
