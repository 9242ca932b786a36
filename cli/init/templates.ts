/** The files of a new pipeline: those in template/, with its name, at its places, importing as the project does. */

import { readFileSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';
import type { Project } from './project.ts';

export interface NewFile {
  /** From the project's folder, with `/`. */
  readonly path: string;
  readonly text: string;
  /** What it is, in a few words. */
  readonly about: string;
}

const TEMPLATE = join(import.meta.dirname, 'template');
/** What template/ is in, where its imports of this package begin. */
const TEMPLATE_IN_REPO = 'cli/init/template';

/** What a template imports of this package, and what a project imports instead. */
const ENTRIES: Readonly<Record<string, string>> = {
  'state-machines/index.ts': 'ebbtide',
  'lambdas/runtime/index.ts': 'ebbtide/lambda',
  'infra/index.ts': 'ebbtide/cdk',
  'local/index.ts': 'ebbtide/local',
};

const HANDLERS = {
  extract: 'reads the orders, in place of your source',
  shops: 'adds them up by shop',
  products: 'adds them up by product',
  load: 'puts both together: the results',
};

/** "daily-sales" → "DailySales": the name of its stack, to which "Stack" is added for the class. */
export function stackNameOf(pipeline: string): string {
  return pipeline
    .split(/[-_]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Template → where it goes, from the project's folder. */
export function pipelineFiles(pipeline: string, project: Project): readonly NewFile[] {
  const { layout, stacks, tests, testRunner, kind } = project;
  const placed = (pattern: string) => posix.normalize(pattern.replace('*', pipeline));
  const graph = placed(layout.graphs);
  const handlers = placed(layout.handlers);
  const hasApp = kind === 'cdk' || kind === 'ebbtide';
  const places: readonly (readonly [template: string, path: string, about: string])[] = [
    ['lib/sample/graph.ts', extname(graph) === '' ? `${graph}.ts` : graph, 'the graph: what each task takes and gives'],
    ...Object.entries(HANDLERS).map(
      ([task, about]) => [`lib/sample/${task}.ts`, `${handlers}/${task}.ts`, about] as const,
    ),
    [
      `test/sample.${testRunner === 'node' ? 'node' : 'expect'}.ts`,
      `${tests}/${pipeline}.test.ts`,
      `runs it, for ${testRunner === 'node' ? 'node:test' : testRunner}`,
    ],
    ['lib/sample-stack.ts', `${stacks}/${pipeline}-stack.ts`, 'deploys it, with a schedule'],
    ...(hasApp ? [] : [['bin/app.ts', 'bin/app.ts', 'the CDK app'] as const]),
  ];
  const destinations = new Map(places.map(([template, path]) => [template, path]));
  return places.map(([template, path, about]) => {
    const source = readFileSync(join(TEMPLATE, template), 'utf8');
    const named: Rename = (code) =>
      code.replace(/\blib\/sample\b|\bsample\b|\bSample/g, (placeholder) =>
        placeholder === 'Sample' ? stackNameOf(pipeline) : placeholder === 'sample' ? pipeline : handlers,
      );
    return { path, text: moveImports(source, named, { template, path, destinations, project }), about };
  });
}

type Rename = (code: string) => string;

interface Move {
  readonly template: string;
  readonly path: string;
  readonly destinations: ReadonlyMap<string, string>;
  readonly project: Project;
}

const IMPORT = /^(import .* from )'([^']+)';$/;

/** The imports that a file has together, each with its specifier as seen from where it goes, in the usual order. */
function moveImports(source: string, named: Rename, move: Move): string {
  const lines = source.split('\n');
  const imports = lines.flatMap((line, index) => {
    const [, what = '', specifier = ''] = IMPORT.exec(line) ?? [];
    return specifier === '' ? [] : [{ index, what, target: targetOf(specifier, move) }];
  });
  const sorted = imports
    // Jest has them as globals.
    .filter(({ target }) => !(move.project.testRunner === 'jest' && target === 'vitest'))
    .toSorted((one, other) => rankOf(one.target) - rankOf(other.target) || compare(one.target, other.target))
    .map(({ what, target }) => `${named(what)}'${target}';`);
  const first = imports[0]?.index ?? 0;
  const before = lines.slice(0, first).map(named);
  return [...before, ...sorted, ...lines.slice(first + imports.length).map(named)].join('\n');
}

function targetOf(specifier: string, { template, path, destinations, project }: Move): string {
  if (!specifier.startsWith('.')) return specifier;
  const file = posix.join(dirname(template), specifier);
  const destination = destinations.get(file);
  const module = posix.join(TEMPLATE_IN_REPO, file);
  if (destination === undefined && project.kind !== 'ebbtide') return ENTRIES[module] ?? specifier;
  const relative = posix.relative(dirname(path), destination ?? module);
  return withEnding(relative.startsWith('.') ? relative : `./${relative}`, project.importEnding);
}

function withEnding(specifier: string, ending: Project['importEnding']): string {
  if (ending === '.js') return specifier.replace(/ts$/, 'js');
  // No other extension is found without being said.
  return ending === '' ? specifier.replace(/\.ts$/, '').replace(/\.([cm])ts$/, '.$1js') : specifier;
}

/** Node's own modules, packages, then relative ones, the farthest first. */
function rankOf(target: string): number {
  if (target.startsWith('node:')) return 0;
  const up = target.match(/\.\.\//g)?.length ?? 0;
  return target.startsWith('.') ? 100 - up : 1;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
