/** Finds deployed pipelines by the tags that the construct gives to their state machines. */

import {
  ListTagsForResourceCommand,
  paginateListStateMachines,
  ResourceNotFound,
  type SFNClient,
  type StateMachineListItem,
} from '@aws-sdk/client-sfn';
import pLimit from 'p-limit';
import { UsageError } from '../state-machines/contract/errors.ts';
import { TAGS } from '../state-machines/contract/tags.ts';
import { parseStateMachineArn } from './arns.ts';
import { withClients } from './clients.ts';
import { inWords, isDenied } from './errors.ts';
import type { AwsSettings } from './settings.ts';

/** A pipeline where it is deployed. */
export interface Deployed {
  readonly pipeline: string;
  /** Tells it from others of the same pipeline: the stack and the construct in it, `EbbtideFlights/Flights`. */
  readonly deployment: string;
  readonly region: string;
  readonly stateMachineArn: string;
  readonly finalizerArn?: string;
  readonly runsBucket?: string;
  readonly resultsBucket?: string;
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html#service-limits-api-action-throttling-general */
const AT_ONCE = 5;

/** What a look at all state machines has found. */
export interface Search {
  /** By pipeline and deployment. */
  readonly found: readonly Deployed[];
  /** Why it is not known of some whether they are a pipeline's. */
  readonly denied?: Error;
}

/**
 * In the region and the account of the settings, by pipeline and deployment. State machines of others, whose tags may not be
 * read, are passed over where one is found all the same.
 *
 * @param pipelines only of these names
 * @throws AwsError, also where none was found, but might have been, were all tags to be read
 */
export async function findPipelines(pipelines?: readonly string[], settings: AwsSettings = {}): Promise<Deployed[]> {
  return pipelinesIn(await searchPipelines(settings), pipelines);
}

/**
 * Looks at all state machines, whose tags are told a hundred at once, and then one a second.
 *
 * @throws AwsError
 */
export function searchPipelines(settings: AwsSettings = {}): Promise<Search> {
  return withClients(settings, async ({ sfn }) => {
    let denied: Error | undefined;
    const tagged = await pLimit(AT_ONCE).map(await listMachines(sfn), async (arn) => {
      try {
        return deployedIn(arn, await tagsOf(sfn, arn));
      } catch (error) {
        // That of others, most likely: whoever operates one pipeline need not be granted more.
        if (!(error instanceof Error && isDenied(error))) throw error;
        denied = error;
        return undefined;
      }
    });
    const found = tagged
      .flatMap((deployed) => deployed ?? [])
      .sort((a, b) => a.pipeline.localeCompare(b.pipeline) || a.deployment.localeCompare(b.deployment));
    return { found, ...(denied && { denied }) };
  });
}

/** @throws AwsError as `findPipelines` */
export function pipelinesIn({ found, denied }: Search, pipelines?: readonly string[]): Deployed[] {
  const wanted = found.filter(({ pipeline }) => pipelines?.includes(pipeline) ?? true);
  if (wanted.length === 0 && denied) throw inWords(denied);
  return wanted;
}

/**
 * The deployment of that state machine, without looking at any other, in its own region.
 *
 * @throws UsageError where it is none of a pipeline
 * @throws AwsError
 */
export function pipelineOf(stateMachineArn: string, settings: AwsSettings = {}): Promise<Deployed> {
  const { region } = parseStateMachineArn(stateMachineArn);
  return withClients({ ...settings, region }, async ({ sfn }) => {
    const deployed = deployedIn(stateMachineArn, await tagsOf(sfn, stateMachineArn));
    if (deployed) return deployed;
    throw new UsageError(
      'NotDeployed',
      `${stateMachineArn} is not there, or not the state machine of a pipeline: it has no tag ${TAGS.pipeline}; where an older release of Ebbtide deployed it, deploy it again`,
    );
  });
}

/**
 * The one deployment of a pipeline.
 *
 * @throws UsageError where there is none, or more than one
 * @throws AwsError
 */
export async function theDeploymentOf(pipeline: string, settings: AwsSettings = {}): Promise<Deployed> {
  const found = await findPipelines([pipeline], settings);
  const [first, ...others] = found;
  if (!first)
    throw new UsageError(
      'NotDeployed',
      `no state machine in this account and region has the tag ${TAGS.pipeline} = ${pipeline}: deploy the pipeline, set another AWS_PROFILE or AWS_REGION, or name it with --state-machine <arn>`,
    );
  if (others.length > 0) throw ambiguous(pipeline, found);
  return first;
}

export function ambiguous(pipeline: string, found: readonly Deployed[]): UsageError {
  const each = found.map(({ deployment, stateMachineArn }) => `\n  ${deployment}: --state-machine ${stateMachineArn}`);
  return new UsageError(
    'AmbiguousDeployment',
    `"${pipeline}" is deployed ${found.length} times in this account and region; say which one:${each.join('')}`,
  );
}

type Tags = Readonly<Record<string, string>>;

function deployedIn(arn: string, tags: Tags): Deployed | undefined {
  const pipeline = tags[TAGS.pipeline];
  if (!pipeline) return undefined;
  const finalizerArn = tags[TAGS.finalizer];
  const runsBucket = tags[TAGS.runsBucket];
  const resultsBucket = tags[TAGS.resultsBucket];
  return {
    pipeline,
    deployment: tags[TAGS.deployment] ?? '',
    region: parseStateMachineArn(arn).region,
    stateMachineArn: arn,
    ...(finalizerArn && { finalizerArn }),
    ...(runsBucket && { runsBucket }),
    ...(resultsBucket && { resultsBucket }),
  };
}

async function listMachines(client: SFNClient): Promise<string[]> {
  const found: StateMachineListItem[] = [];
  const pages = paginateListStateMachines({ client, pageSize: 1_000 }, {});
  for await (const { stateMachines = [] } of pages) found.push(...stateMachines);
  return found.flatMap(({ stateMachineArn, type }) =>
    type === 'EXPRESS' || stateMachineArn === undefined ? [] : stateMachineArn,
  );
}

/** Of one that is not there, or was deleted meanwhile: none. */
async function tagsOf(client: SFNClient, resourceArn: string): Promise<Tags> {
  try {
    const { tags = [] } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
    return Object.fromEntries(tags.flatMap(({ key, value }) => (key && value ? [[key, value]] : [])));
  } catch (error) {
    if (error instanceof ResourceNotFound) return {};
    throw error;
  }
}
