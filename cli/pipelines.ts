/** Finds pipelines by name: `state-machines/pipelines/<name>.ts`, with its handlers in `lambdas/<name>/`. */

import { existsSync, readdirSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../state-machines/contract/errors.ts';
import { GraphError } from '../state-machines/graph/errors.ts';
import { nearest } from '../state-machines/graph/nearest.ts';
import { Plan } from '../state-machines/graph/plan.ts';

const GRAPHS = 'state-machines/pipelines';
const HANDLERS = 'lambdas';

export interface FoundPipeline {
  readonly plan: Plan;
  readonly handlers: string;
}

/**
 * @param root the project's folder
 * @throws UsageError where there is none of that name; GraphError where its graph cannot be built
 */
export async function loadPipeline(name: string, root = process.cwd()): Promise<FoundPipeline> {
  const folder = resolve(root, GRAPHS);
  const files = existsSync(folder)
    ? readdirSync(folder).filter((file) => /^[^.].*(?<!\.d)\.(ts|js|mjs)$/.test(file))
    : [];
  const known = files.map((file) => parse(file).name);
  const file = files[known.indexOf(name)];
  if (!file) {
    const meant = nearest(name, known);
    const there = known.length > 0 ? `there are: ${known.join(', ')}` : `there are none in ${folder}`;
    throw new UsageError(
      'UnknownPipeline',
      `no pipeline is called "${name}"; ${meant ? `did you mean "${meant}"? ` : ''}${there}`,
    );
  }
  const module = await importGraph(join(folder, file));
  if (!(module.plan instanceof Plan)) {
    throw new UsageError(
      'PipelineInvalid',
      `${join(folder, file)} must export its plan: export const plan = graph.build();`,
    );
  }
  return { plan: module.plan, handlers: join(root, HANDLERS, name) };
}

/** The plan of a pipeline of the project in that folder. @throws as `loadPipeline` */
export async function loadProjectPlan(name: string, root: string): Promise<Plan> {
  return (await loadPipeline(name, root)).plan;
}

async function importGraph(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof GraphError) throw error;
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    // The first line of the stack that is in the file tells where.
    const where =
      stack
        .split('\n')
        .find((line) => line.includes(file))
        ?.trim() ?? file;
    throw new UsageError('PipelineInvalid', `${file} does not load: ${name}: ${message}\n  ${where}`);
  }
}
