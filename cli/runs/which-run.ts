/** Which run a command is about: `[pipeline] [run]`, where one word may be either. */

import type { Command } from 'commander';
import type { RunSummary } from '../../history/runs.ts';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { isName, PIPELINE_NAME, RUN_ID } from '../../state-machines/contract/names.ts';
import { show } from '../../state-machines/contract/show.ts';
import { didYouMean, nearest } from '../../state-machines/graph/nearest.ts';
import { pipelineNames, pipelinesIn } from '../pipelines.ts';
import { EBBTIDE } from '../render/hints.ts';
import { labelOf, type Place, type Places } from './where.ts';

export interface ChosenRun {
  readonly place: Place;
  /** A run, or an execution that resumed one. */
  readonly run: string;
}

/** What stands for a run that is not named. */
export type Default = 'the latest one' | 'the one that is running' | 'none';

export type RunArguments = readonly [pipeline: string | undefined, run: string | undefined];

/** The words of a command that is about one run. */
export function runArguments(command: Command, default_: Exclude<Default, 'none'>): Command {
  return command
    .argument('[pipeline]', 'its name, or the id of a run of any pipeline (default: the only pipeline there is)')
    .argument('[run]', `the run's id (default: ${default_})`);
}

/** As many of the latest ones are looked at for one that is meant. */
const LOOKED_AT = 100;

/** @throws UsageError where it is none, or cannot be told; AwsError where AWS cannot be asked */
export async function chooseRun([first, second]: RunArguments, places: Places, default_: Default): Promise<ChosenRun> {
  if (first === undefined) return defaultRun(await places.of(await onlyPipeline(places)), default_);
  if (second !== undefined) return namedRun(first, second, places);
  const known = knownPipelines(places);
  if (known.includes(first)) return defaultRun(await places.of(first), default_);
  const deployed = [...new Set((await places.deployed()).map(({ pipeline }) => pipeline))];
  if (deployed.includes(first)) return defaultRun(await places.of(first), default_);
  return searchedRun(first, known.length > 0 && !places.isNamed ? known : deployed, places);
}

/** Of a command that takes only a pipeline. @throws UsageError where none is named and there are several, or none */
export async function onlyPipeline(places: Places): Promise<string> {
  const here = places.isNamed ? [] : pipelineNames();
  const names = here.length > 0 ? here : await allPipelines(places);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw new UsageError(
    'UnknownPipeline',
    only === undefined
      ? `which pipeline? There are none in this project, and none has had a run in ${places.dir}`
      : `which pipeline? There are: ${names.join(', ')}`,
  );
}

/** The pipelines of the project and those with runs here; where there are none, all that are deployed. */
export async function allPipelines(places: Places): Promise<string[]> {
  const known = places.isNamed ? [] : knownPipelines(places);
  if (known.length > 0) return known;
  return [...new Set((await places.deployed()).map(({ pipeline }) => pipeline))];
}

/** All of its deployments. @throws UsageError where nobody knows a pipeline of that name */
export async function placesOfKnown(pipeline: string, places: Places): Promise<Place[]> {
  const deployed = await places.deployed([pipeline]);
  return deployed.length > 1 ? places.ofAll([pipeline]) : [await placeOfKnown(pipeline, places)];
}

/** @throws UsageError where nobody knows a pipeline of that name */
export async function placeOfKnown(pipeline: string, places: Places): Promise<Place> {
  const place = await places.of(pipeline);
  const known = knownPipelines(places);
  if (place.aws || known.includes(pipeline)) return place;
  throw unknownPipeline(pipeline, known, places);
}

function knownPipelines({ dir }: Places): string[] {
  return [...new Set([...pipelineNames(), ...pipelinesIn(dir)])];
}

async function namedRun(pipeline: string, run: string, places: Places): Promise<ChosenRun> {
  if (!isName(PIPELINE_NAME, pipeline)) throw unknownPipeline(pipeline, knownPipelines(places), places);
  const place = await placeOfKnown(pipeline, places);
  if (!place.aws) return { place, run };
  const { RunsHere } = await import('../../local/runs-here.ts');
  const here = new RunsHere({ dir: places.dir, pipeline });
  if (isName(RUN_ID, run) && here.runOf(run) !== undefined && !(await exists(place, run))) {
    throw new UsageError(
      'UnknownRun',
      `"${pipeline}" has no run "${run}" ${place.label}; there is one on this machine: add --local`,
    );
  }
  return { place, run };
}

async function defaultRun(place: Place, default_: Default): Promise<ChosenRun> {
  const { pipeline } = place.runs;
  switch (default_) {
    case 'the latest one': {
      const [latest] = await place.runs.list({ limit: 1 });
      if (latest) return { place, run: nameOf(latest) };
      throw new UsageError('UnknownRun', `"${pipeline}" has had no run ${place.label}: ${howToBegin(place)}`);
    }
    case 'the one that is running': {
      const running = (await place.runs.list({ statuses: ['RUNNING'] })).filter(({ died }) => !died);
      const [one, ...others] = running;
      if (one && others.length === 0) return { place, run: nameOf(one) };
      throw new UsageError(
        'NotRunning',
        one
          ? `${running.length} runs of "${pipeline}" are running ${place.label}; say which: ${running.map(nameOf).join(', ')}`
          : `no run of "${pipeline}" is running ${place.label}`,
      );
    }
    case 'none': {
      const unsuccessful = (await place.runs.list({ limit: LOOKED_AT })).filter(({ status }) => status !== 'SUCCEEDED');
      throw new UsageError(
        'UnknownRun',
        `"${pipeline}" is a pipeline: say which run of it${hintOf(unsuccessful, place)}`,
      );
    }
    default:
      return default_ satisfies never;
  }
}

/** AWS does not say of many runs at once which are kept. */
function hintOf(unsuccessful: readonly RunSummary[], { aws }: Place): string {
  const [latest] = unsuccessful;
  const kept = unsuccessful.find(({ keptUntil }) => keptUntil !== undefined);
  if (kept) return `; the latest one that is kept is ${kept.run}`;
  if (aws && latest) return `; the latest one that has not succeeded is ${latest.run}`;
  return aws ? '' : '; none is kept';
}

/** A run whose pipeline is not named. */
async function searchedRun(word: string, pipelines: readonly string[], places: Places): Promise<ChosenRun> {
  if (!isName(RUN_ID, word)) throw unknownPipeline(word, pipelines, places);
  const searched = await places.ofAll(pipelines);
  const found = await thoseWith(word, searched);
  const [place, ...others] = found;
  if (place && others.length === 0) return { place, run: word };
  if (place) {
    const each = found.map(({ runs, label }) => `"${runs.pipeline}" ${label}`);
    throw new UsageError('AmbiguousRun', `there is a run "${word}" of ${each.join(' and of ')}: name its pipeline too`);
  }
  const recent = (await Promise.all(searched.map(({ runs }) => runs.list({ limit: LOOKED_AT })))).flat();
  const names = [...pipelines, ...recent.map(nameOf)];
  const where = [...new Set(searched.map(({ runs }) => `"${runs.pipeline}" ${labelOf(runs.where)}`))].join(' or of ');
  const hint = didYouMean(word, names) || latestOf(recent);
  throw new UsageError(
    'UnknownRun',
    `"${word}" is no pipeline, and no run of ${where || `any in ${places.dir}`}${hint}`,
  );
}

/** Where some may not be asked, a run that is found elsewhere is found all the same. */
async function thoseWith(run: string, places: readonly Place[]): Promise<Place[]> {
  const answers = await Promise.allSettled(places.map((place) => exists(place, run)));
  const found = places.filter((_, index) => {
    const answer = answers[index];
    return answer?.status === 'fulfilled' && answer.value;
  });
  const refused = answers.find((answer) => answer.status === 'rejected');
  if (found.length === 0 && refused) throw refused.reason;
  return found;
}

async function exists({ runs }: Place, run: string): Promise<boolean> {
  return (await runs.runOf(run)) !== undefined;
}

function unknownPipeline(given: string, known: readonly string[], { dir }: Places): UsageError {
  const meant = nearest(given, known);
  const there =
    known.length > 0 ? `there are: ${known.join(', ')}` : `there are none in ${process.cwd()}, and no runs in ${dir}`;
  const what = isName(PIPELINE_NAME, given)
    ? `no pipeline is called ${show(given)}`
    : `${show(given)} is no name that a pipeline or a run can have`;
  return new UsageError('UnknownPipeline', `${what}; ${meant ? `did you mean "${meant}"? ` : ''}${there}`);
}

function latestOf(runs: readonly RunSummary[]): string {
  const [latest] = runs.toSorted((one, other) => other.startedAt.localeCompare(one.startedAt));
  return latest ? `; the latest one is ${nameOf(latest)}` : '; there are none';
}

function nameOf({ run, execution }: RunSummary): string {
  return execution ?? run;
}

/** What to do where there are no runs yet. */
export function howToBegin({ aws, runs }: Pick<Place, 'aws' | 'runs'>): string {
  return `begin one with ${EBBTIDE} ${aws ? 'start' : 'run'} ${runs.pipeline}`;
}
