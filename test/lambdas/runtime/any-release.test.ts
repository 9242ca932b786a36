/**
 * Random graphs on the embedded S3, their tasks carried out as a state machine does, but with the requests of all that
 * runs at one time in any order, and with twins, failures and deaths.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Leases } from '../../../lambdas/storage/leases.ts';
import type { CommitRecord } from '../../../state-machines/contract/records.ts';
import { shapeOf } from '../../../state-machines/graph/shape-of.ts';
import { json, optional, type Plan, ref, TaskGraph } from '../../../state-machines/index.ts';
import { fc } from '../../fast-check.ts';
import { dags } from '../../graph/graphs.ts';
import { BUCKETS, intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { type AnyContext, attempt } from './attempts.ts';

const COMMANDS = ['Get', 'Put', 'Head', 'Delete'].map((verb) => `${verb}ObjectCommand`);
const ALL_COMMANDS = [...COMMANDS, 'DeleteObjectsCommand', 'ListObjectsV2Command'];

/** How attempts go, and whether a second one runs beside the first; a late one reads when the first has ended. */
const ENDINGS = ['well', 'fails', 'dies before its commit', 'dies after its commit'] as const;
interface Try {
  readonly ending: (typeof ENDINGS)[number];
  readonly twin: 'none' | 'beside' | 'late';
}
interface TaskSpec {
  /** No try: the task is skipped. */
  readonly tries: readonly Try[];
  readonly release: 'consumed' | 'run';
  readonly hooked: boolean;
  /** Its inputs may be missing. */
  readonly optional: boolean;
}

const usually = <T>(value: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const tries = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(
      fc.record({ ending: fc.constantFrom(...ENDINGS), twin: fc.constantFrom<Try['twin']>('none', 'beside', 'late') }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  },
  { weight: 3, arbitrary: fc.constant<Try[]>([{ ending: 'well', twin: 'none' }]) },
  { weight: 1, arbitrary: fc.constant<Try[]>([]) },
);
const spec: fc.Arbitrary<TaskSpec> = fc.record({
  tries,
  release: usually<TaskSpec['release']>('consumed', 'run'),
  hooked: usually(false, true),
  optional: usually(false, true),
});
const cases = dags(5).chain((dag) =>
  fc.record({ dag: fc.constant(dag), specs: fc.tuple(...dag.tasks.map(() => spec)) }),
);

/** What runs in one go: a run, or the resuming of it. */
interface Going {
  readonly plan: Plan;
  readonly run: string;
  readonly execution: string;
  /** By producer: who takes its output. */
  readonly consumers: ReadonlyMap<string, readonly string[]>;
  readonly stays: ReadonlySet<string>;
  /** Tasks of which an invocation has answered. */
  readonly answered: Set<string>;
  /** What was deleted and should not have been: said here, since an attempt survives a deletion that fails. */
  readonly wronglyDeleted: string[];
  /** Delays a request until it is its turn. */
  readonly turn: () => Promise<void>;
}

let fixture: S3Fixture;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

async function recordOf({ run }: Going, task: string): Promise<CommitRecord | undefined> {
  const key = `runs/pipe/${run}/${task}/_committed.json`;
  return (await fixture.keys(key)).length > 0 ? JSON.parse(await fixture.text(key)) : undefined;
}

async function isThere(going: Going, task: string): Promise<boolean> {
  const key = (await recordOf(going, task))?.outputs['out']?.key;
  return key !== undefined && (await fixture.keys(key)).length > 0;
}

/** Nothing that is committed may be deleted but what all who take it have consumed. */
async function checkDeletion(going: Going, key: string): Promise<void> {
  const task = key.split('/')[3] ?? '';
  if ((await recordOf(going, task))?.outputs['out']?.key !== key) return;
  if (going.stays.has(task)) going.wronglyDeleted.push(task);
  for (const consumer of going.consumers.get(task) ?? [])
    if (!(await recordOf(going, consumer))) going.wronglyDeleted.push(`${task} before ${consumer}`);
}

function clientOf(going: Going, ending: Try['ending']): S3Client {
  const s3 = fixture.newClient();
  let dead = false;
  for (const command of ALL_COMMANDS) {
    intercept(s3, command, async (input, send) => {
      await going.turn();
      const deleted: readonly { Key: string }[] =
        input.Delete?.Objects ?? (command === 'DeleteObjectCommand' ? [input] : []);
      if (!dead) for (const { Key } of deleted) await checkDeletion(going, Key);
      const commits = command === 'PutObjectCommand' && input.Key.endsWith('_committed.json');
      dead ||= commits && ending === 'dies before its commit';
      const output = dead ? undefined : await send();
      dead ||= commits && ending === 'dies after its commit';
      if (dead) throw new Error('died');
      return output;
    });
  }
  return s3;
}

async function invoke(
  going: Going,
  task: string,
  ending: Try['ending'],
  retryCount: number,
  waitsFor?: Promise<boolean>,
): Promise<boolean> {
  const { plan, run, execution } = going;
  const handler = async ({ inputs, outputs }: AnyContext) => {
    await waitsFor;
    for (const input of Object.keys(plan.task(task)?.inputs ?? {})) await inputs[input]?.bytes();
    await outputs.out.write(task);
    if (ending === 'fails') throw new Error('failed');
  };
  const s3 = clientOf(going, ending);
  try {
    await attempt(plan, s3, handler, { task, run, execution, retryCount });
  } catch (error) {
    const injected = { well: '', fails: 'failed', 'dies before its commit': 'died', 'dies after its commit': 'died' };
    expect((error as Error).message, `${task} ${ending}`).toBe(injected[ending]);
    return false;
  } finally {
    s3.destroy();
  }
  going.answered.add(task);
  for (const { task: producer } of Object.values(plan.task(task)?.inputs ?? {})) {
    const consumed = going.consumers.get(producer)?.every((consumer) => going.answered.has(consumer));
    if (consumed && !going.stays.has(producer)) expect(await isThere(going, producer), producer).toBe(false);
  }
  return true;
}

/** Each task once all that it depends on is over, if all that it requires has succeeded. */
async function carryOut(going: Going, triesOf: (task: string) => readonly Try[]): Promise<void> {
  const left: Promise<unknown>[] = [];
  const over = new Map<string, Promise<boolean>>();
  const succeeds = (name: string): Promise<boolean> => {
    const known = over.get(name);
    if (known) return known;
    const { dependencies = [], requires = [] } = going.plan.task(name) ?? {};
    const result = (async () => {
      const ended = new Map(
        await Promise.all(dependencies.map(async (other) => [other, await succeeds(other)] as const)),
      );
      if (!requires.every((other) => ended.get(other))) return false;
      for (const [retryCount, { ending, twin }] of triesOf(name).entries()) {
        const invocations = [invoke(going, name, ending, retryCount)];
        if (twin !== 'none')
          invocations.push(invoke(going, name, 'well', retryCount, twin === 'late' ? invocations[0] : undefined));
        left.push(...invocations);
        // Nobody waits for the twin, unless it is the twin that the state machine hears of.
        if (await (retryCount % 2 === 0 ? invocations[0] : invocations.at(-1))) return true;
      }
      return false;
    })();
    over.set(name, result);
    return result;
  };
  await Promise.all(going.plan.tasks.map(({ name }) => succeeds(name)));
  await Promise.all(left);
}

it('an output is never gone before its last consumer has committed, always gone after, and a resumed run finds what it needs', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.scheduler(), async ({ dag, specs }, scheduler) => {
      const specOf = new Map(dag.tasks.map((task, index) => [task, specs[index] as TaskSpec]));
      const graph = new TaskGraph('pipe');
      for (const task of dag.tasks) {
        const { release = 'consumed', optional: may } = specOf.get(task) ?? {};
        const taken = dag.edges.filter(([, after]) => after === task).map(([before]) => [`in-${before}`, before]);
        const inputs = taken.map(([name, before]) => [
          name,
          may ? optional(ref(`${before}.out`)) : ref(`${before}.out`),
        ]);
        graph.addTask(task, { inputs: Object.fromEntries(inputs), outputs: { out: json() }, release });
      }
      const hooked = dag.tasks.filter((task) => specOf.get(task)?.hooked);
      graph.addFinallyTask('close', { inputs: Object.fromEntries(hooked.map((task) => [task, ref(`${task}.out`)])) });
      const plan = graph.build();
      const consumersOf = (task: string) => dag.edges.filter(([before]) => before === task).map(([, after]) => after);
      const run = `run-${++runs}`;
      const first: Going = {
        plan,
        run,
        execution: run,
        consumers: new Map(dag.tasks.map((task) => [task, consumersOf(task)])),
        stays: new Set(
          dag.tasks.filter(
            (task) => hooked.includes(task) || specOf.get(task)?.release === 'run' || consumersOf(task).length === 0,
          ),
        ),
        answered: new Set(),
        wronglyDeleted: [],
        turn: () => scheduler.schedule(Promise.resolve()),
      };
      await scheduler.waitFor(carryOut(first, (task) => specOf.get(task)?.tries ?? []));

      const lease = { until: '2100-01-01T00:00:00Z', keptAt: '', execution: run, holder: 0, shape: shapeOf(plan) };
      await new Leases(fixture.s3, BUCKETS.runs).keep({ pipeline: 'pipe', run }, lease);
      const resumed = { ...first, execution: 'again', answered: new Set<string>() };
      await scheduler.waitFor(carryOut(resumed, () => [{ ending: 'well', twin: 'none' }]));
      expect(first.wronglyDeleted).toEqual([]);
      expect(resumed.answered).toEqual(new Set(dag.tasks));
      for (const task of dag.tasks) expect(await isThere(resumed, task), task).toBe(first.stays.has(task));
    }),
    { numRuns: 40 },
  );
});
