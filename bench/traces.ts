/** Workflow traces: a graph and how long each of its tasks took. */

import { readFileSync } from 'node:fs';
import type { Plan } from '../state-machines/index.ts';
import { GraphError, TaskGraph } from '../state-machines/index.ts';
import { WrongUse } from './command.ts';

export interface Trace {
  /** Free text. */
  readonly name: string;
  readonly family: string;
  /** By task. */
  readonly seconds: readonly number[];
  readonly edges: readonly (readonly [before: number, after: number])[];
}

/** The file cannot be used, and the message says why. */
export class TraceFileError extends WrongUse {
  override readonly name = 'TraceFileError';
}

/** The longest `expectedSeconds` that a task may have. */
const LONGEST_SECONDS = 31_622_399;
const SHOWN_PROBLEMS = 10;

/** @throws TraceFileError with what is wrong in the file */
export function readTraces(file: string): Trace[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TraceFileError(
      `cannot read ${file} (${(error as NodeJS.ErrnoException).code}). Give a file of workflow traces: ` +
        'npm run bench:schedule -- <file>, a JSON object { "workflows": [{ "name", "family", ' +
        '"seconds": [of task 0, of task 1, …], "edges": [[before, after], …] }, …] }',
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new TraceFileError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const workflows = isObject(content) ? content['workflows'] : undefined;
  if (!Array.isArray(workflows) || workflows.length === 0) {
    throw new TraceFileError(`${file} has no traces: it must be a JSON object with a list "workflows"`);
  }
  const problems = workflows.flatMap((workflow, index) =>
    problemsOf(workflow).map((one) => `workflows[${index}]${one}`),
  );
  if (problems.length === 0) return workflows;
  const more = problems.length > SHOWN_PROBLEMS ? [`… and ${problems.length - SHOWN_PROBLEMS} more`] : [];
  throw new TraceFileError([`${file}:`, ...problems.slice(0, SHOWN_PROBLEMS), ...more].join('\n  '));
}

function problemsOf(workflow: unknown): string[] {
  if (!isObject(workflow)) return [' must be an object'];
  const { name, family, seconds, edges } = workflow;
  const problems: string[] = [];
  if (typeof name !== 'string') problems.push('.name must be a string');
  if (typeof family !== 'string') problems.push('.family must be a string');
  if (!Array.isArray(seconds) || seconds.length === 0) return [...problems, '.seconds must be a list, a number a task'];
  for (const [task, value] of seconds.entries()) {
    if (typeof value === 'number' && value >= 0 && value <= LONGEST_SECONDS) continue;
    problems.push(`.seconds[${task}] is ${JSON.stringify(value)}; it must be a number from 0 to ${LONGEST_SECONDS}`);
  }
  if (!Array.isArray(edges)) return [...problems, '.edges must be a list of [before, after]'];
  const isTask = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < seconds.length;
  for (const [index, edge] of edges.entries()) {
    if (Array.isArray(edge) && edge.length === 2 && edge.every(isTask)) continue;
    const tasks = `two tasks, numbers from 0 to ${seconds.length - 1}`;
    problems.push(`.edges[${index}] is ${JSON.stringify(edge)}; it must be ${tasks}`);
  }
  if (problems.length > 0) return problems;
  try {
    planOf(workflow as unknown as Trace, 'no hints');
    return [];
  } catch (error) {
    if (error instanceof GraphError) return error.problems.map((problem) => `: ${problem.message}`);
    throw error;
  }
}

/** The trace's graph, its tasks named `t0`, `t1`, …; with hints, they are the durations of the trace. */
export function planOf({ seconds, edges }: Trace, hints: 'hints' | 'no hints'): Plan {
  const graph = new TaskGraph('trace');
  for (const [task, expectedSeconds] of seconds.entries()) {
    graph.addTask(`t${task}`, hints === 'hints' ? { expectedSeconds } : {});
  }
  for (const [before, after] of edges) graph.addDependency(`t${before}`, `t${after}`);
  return graph.build();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
