/** Finds pipelines by name, where the project says that they are, or else in the folders that this repo has. */

import { existsSync, globSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure } from 'esbuild';
import { SOURCE_EXTENSIONS } from '../infra/bundling/handler-files.ts';
import { runFoldersIn } from '../local/runs/run-folder.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { show } from '../state-machines/contract/show.ts';
import { GraphError } from '../state-machines/graph/errors.ts';
import { nearest } from '../state-machines/graph/nearest.ts';
import { Plan } from '../state-machines/graph/plan.ts';
import { TaskGraph } from '../state-machines/graph/task-graph.ts';
import { readJsonFile } from './json-file.ts';
import { importSource } from './load-typescript.ts';

/** `"ebbtide"` in package.json: paths from the project's folder, in which `*` stands for the pipeline's name. */
export interface Layout {
  /** The file that exports the plan, with or without its extension. */
  readonly graphs: string;
  /** The folder of the handlers. */
  readonly handlers: string;
}

const LAYOUT: Layout = { graphs: 'state-machines/pipelines/*', handlers: 'lambdas/*' };

const EXAMPLE = '"ebbtide": { "graphs": "lib/*/graph.ts", "handlers": "lib/*" }';

export interface FoundPipeline {
  readonly plan: Plan;
  readonly handlers: string;
}

/**
 * @param root the project's folder
 * @throws UsageError where there is none of that name; GraphError where its graph cannot be built
 */
export async function loadPipeline(name: string, root = process.cwd()): Promise<FoundPipeline> {
  const layout = layoutOf(root);
  const graphs = findGraphs(layout, root);
  const file = graphs.get(name);
  if (!file) {
    const known = [...graphs.keys()].toSorted();
    const meant = nearest(name, known);
    const there =
      known.length > 0
        ? `there are: ${known.join(', ')}`
        : `there are none at ${join(root, layout.graphs)} (package.json there may name other places: ${EXAMPLE})`;
    throw new UsageError(
      'UnknownPipeline',
      `no pipeline is called "${name}"; ${meant ? `did you mean "${meant}"? ` : ''}${there}`,
    );
  }
  const module = await importGraph(file);
  // What a CommonJS file exports is not always seen by name.
  const plan = module['plan'] ?? (module['default'] as Record<string, unknown> | undefined)?.['plan'];
  if (!(plan instanceof Plan)) {
    throw new UsageError(
      'PipelineInvalid',
      `${file} must export its plan: export const plan = graph.build(); ${inPlaceOf(plan, module)}`,
    );
  }
  // Runs and deployments are found by the name of the graph.
  if (plan.pipeline !== name) {
    throw new UsageError(
      'PipelineInvalid',
      `${file} is the pipeline "${name}", and its graph is called "${plan.pipeline}": give both the same name`,
    );
  }
  return { plan, handlers: join(root, layout.handlers.replace('*', name)) };
}

/** The names of the project's pipelines, of which none is loaded. @throws as `layoutOf` */
export function pipelineNames(root = process.cwd()): string[] {
  return [...findGraphs(layoutOf(root), root).keys()].toSorted();
}

/** The names of those that have had runs on this machine. @param dir where runs keep their data */
export function pipelinesIn(dir: string): string[] {
  return [...new Set(runFoldersIn(dir).map(({ pipeline }) => pipeline))];
}

/** The plan of a pipeline of the project in that folder. @throws as `loadPipeline` */
export async function loadProjectPlan(name: string, root: string): Promise<Plan> {
  return (await loadPipeline(name, root)).plan;
}

/** @throws UsageError where package.json says what cannot be */
export function layoutOf(root: string): Layout {
  const file = join(root, 'package.json');
  const content = existsSync(file) ? readJsonFile(file) : {};
  const ebbtide: unknown = (isObject(content) && content['ebbtide']) || {};
  if (!isObject(ebbtide))
    throw new UsageError('InvalidOption', `${file}: "ebbtide" is ${show(ebbtide)}; say ${EXAMPLE}`);
  const layout: Layout = { ...LAYOUT, ...ebbtide };
  for (const [key, path] of Object.entries(layout)) {
    if (!(key in LAYOUT))
      throw new UsageError('InvalidOption', `${file}: "ebbtide" has "graphs" and "handlers", not "${key}"`);
    if (typeof path !== 'string' || path.split('*').length !== 2) {
      const given = JSON.stringify(path);
      throw new UsageError(
        'InvalidOption',
        `${file}: "${key}" of "ebbtide" is ${given}; give a path from there with one * in place of the pipeline's name, such as "${LAYOUT[key as keyof Layout]}"`,
      );
    }
  }
  return layout;
}

/** What a file exports where its plan was to be. */
function inPlaceOf(plan: unknown, module: Record<string, unknown>): string {
  if (plan instanceof TaskGraph) return 'its "plan" is a graph that is not built';
  if (plan !== undefined) return `its "plan" is ${show(plan)}`;
  const names = Object.keys(module);
  return names.length > 0 ? `it exports ${names.join(', ')}` : 'it exports nothing';
}

/** Name → file. */
function findGraphs({ graphs }: Layout, root: string): Map<string, string> {
  const path = normalize(graphs);
  const pattern = SOURCE_EXTENSIONS.includes(extname(path)) ? path : `${path}{${SOURCE_EXTENSIONS.join(',')}}`;
  const found = globSync(pattern, { cwd: root })
    .filter((file) => !/\.d\.[cm]?ts$/.test(file))
    .toSorted((one, other) => rankOf(other) - rankOf(one))
    .map((file) => [/^\w[\w-]*/.exec(file.slice(path.indexOf('*')))?.[0], join(root, file)] as const);
  return new Map(found.flatMap(([name, file]) => (name ? [[name, file]] : [])));
}

function rankOf(file: string): number {
  return SOURCE_EXTENSIONS.indexOf(extname(file));
}

async function importGraph(file: string): Promise<Record<string, unknown>> {
  try {
    return await importSource(pathToFileURL(file));
  } catch (error) {
    if (error instanceof GraphError) throw error;
    throw new UsageError('PipelineInvalid', `${file} does not load: ${whyNotLoaded(error, file)}`, { cause: error });
  }
}

function whyNotLoaded(error: unknown, file: string): string {
  if (!(error instanceof Error)) return `it throws ${show(error)}`;
  const { name, message, stack = '' } = error;
  const { errors } = error as Partial<BuildFailure>;
  if (errors) {
    const lines = errors.map(({ text, location }) =>
      location ? `\n  ${location.file}:${location.line}:${location.column}: ${text}` : `\n  ${text}`,
    );
    return `it is no TypeScript${lines.join('')}`;
  }
  // Node says which file imports what is missing.
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return message;
  // The first place in the stack that is in the file.
  const [, where] = /\(?((?:file:\/\/)?\/[^()\s]*:\d+:\d+)\)?$/.exec(frameIn(stack, file)) ?? [];
  return `${name}: ${message}${where ? `\n  at ${where}` : ''}`;
}

function frameIn(stack: string, file: string): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.find((line) => line.includes(file))?.trim() ?? '';
}
