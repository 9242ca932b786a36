import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CleanupAnswer, CleanupEvent } from '../../../state-machines/contract/cleanup-events.ts';
import type { RunResult } from '../../../state-machines/contract/result.ts';
import { fc } from '../../fast-check.ts';
import { intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { at, lambdaError, RunFolder, resultOf, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
// Of as many digits in all runs, whose records hold their keys.
let number = 1_000;
let neighbours: string[];
beforeAll(async () => {
  fixture = await startS3Fixture();
  neighbours = [
    'runs/flights/run/x',
    'runs/flights/run-0/x',
    'runs/flights2/run-1001/x',
    'runs/flights/run-100/_lease.json',
  ];
  await fixture.putAll(neighbours);
});
afterAll(() => fixture.stop());
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  vi.useFakeTimers({ now: Date.parse(at(3_600)), toFake: ['Date'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

class Killed extends Error {}

/** A client whose process is killed at that request, before it is sent or before its answer is there. */
function mortalClient(request: number, when: 'before' | 'after'): S3Client {
  const client = fixture.newClient();
  let requests = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      requests += 1;
      const own = requests;
      if (own > request || (own === request && when === 'before')) throw new Killed();
      const answer = await next(args);
      if (requests >= request && when === 'after') throw new Killed();
      return answer;
    },
    { step: 'initialize' },
  );
  return client;
}

interface Scenario {
  readonly name: string;
  readonly event: Partial<CleanupEvent> & Pick<CleanupEvent, 'tasks' | 'state'>;
  readonly prepare: (run: RunFolder) => Promise<void>;
  readonly isKept?: true;
}

const TASKS = tasksOf(['extract', 'load'], 1);
const FAILED = { out: { extract: SUCCEEDED, load: lambdaError('Boom', 'no room') } };

async function failedRun(run: RunFolder): Promise<void> {
  const key = `runs/flights/${run.run}/extract/1-aaaaaaaa/out`;
  await run.commit('extract', {
    outputs: { out: { key, bytes: 5 }, gone: { key, bytes: 9, releasedBy: ['extract'] } },
  });
  for (const attemptId of ['1-aaaaaaaa', '2-bbbbbbbb'])
    await run.marker('load', attemptId, { startedAt: at(9), failed: { name: 'Boom', message: '?', durationMs: 7 } });
}

const SCENARIOS: Scenario[] = [
  { name: 'a run', event: { tasks: TASKS, state: FAILED }, prepare: failedRun },
  {
    name: 'a resumed run',
    event: { tasks: TASKS, state: FAILED, execution: 'again' },
    prepare: async (run) => {
      await failedRun(run);
      await run.lease();
      await run.holder(1, { execution: 'again' });
    },
  },
  {
    name: 'a resumed run that nobody took over yet',
    event: { tasks: TASKS, state: { Error: 'Aborted' }, status: 'ABORTED', execution: 'again' },
    prepare: async (run) => {
      await failedRun(run);
      await run.lease();
    },
  },
  {
    name: 'a resumed run that is kept again',
    event: { tasks: TASKS, state: FAILED, execution: 'again', keepOnFailureSeconds: 60 },
    prepare: async (run) => {
      await failedRun(run);
      await run.lease();
    },
    isKept: true,
  },
];

async function newRun({ prepare }: Scenario): Promise<RunFolder> {
  const run = new RunFolder(fixture, `run-${++number}`);
  await prepare(run);
  return run;
}

/** But for how long it took, and what that cost. */
function comparable({ run: _, durationMs: __, ...result }: RunResult) {
  const { requests: ___, ...released } = result.released;
  return { ...result, released };
}

/** What the machine's marks alone still tell. */
const gist = ({ status, error, succeeded, failed }: RunResult) => ({ status, error, succeeded, failed });

const pathsOf = async (run: RunFolder) => (await run.keys()).map((key) => key.slice(`runs/flights/${run.run}/`.length));

interface Ending {
  readonly result: RunResult;
  readonly paths: readonly string[];
}

const undisturbed = new Map<Scenario, Ending>();

async function endingOf(scenario: Scenario): Promise<Ending> {
  const known = undisturbed.get(scenario);
  if (known) return known;
  const run = await newRun(scenario);
  const result = resultOf(await run.cleanUp(scenario.event));
  const ending = { result, paths: await pathsOf(run) };
  neighbours.push(...(await run.keys()));
  undisturbed.set(scenario, ending);
  return ending;
}

/** @param hadAll nobody who was interrupted had deleted everything */
async function expectEnd(run: RunFolder, answer: CleanupAnswer, hadAll: boolean, scenario: Scenario): Promise<void> {
  const { result, paths } = await endingOf(scenario);
  if (hadAll) expect(comparable(resultOf(answer))).toEqual(comparable(result));
  else if (scenario.event.status === undefined) expect(gist(resultOf(answer))).toEqual(gist(result));
  expect(await pathsOf(run)).toEqual(paths);
  expect(paths.length > 0).toBe(scenario.isKept === true);
  neighbours.push(...(await run.keys()));
  expect(await fixture.keys()).toEqual(neighbours.toSorted());
}

describe.each(SCENARIOS)('the cleanup of $name that is killed', (scenario) => {
  it.each(['before', 'after'] as const)(
    '%s any one of its requests leaves to the next one to answer and to delete the same',
    async (when) => {
      let finished = false;
      for (let request = 1; !finished; request++) {
        const run = await newRun(scenario);
        finished = await run.cleanUp(scenario.event, { s3: mortalClient(request, when) }).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof Killed)) throw error;
            return false;
          },
        );
        const hadAll = (await run.keys()).length > 0;
        await expectEnd(run, await run.cleanUp(scenario.event), hadAll, scenario);
      }
    },
    60_000,
  );
});

it('a cleanup that is killed and runs out of time again and again answers and deletes the same in the end', async () => {
  const interruption = fc.oneof(
    fc.record({ request: fc.integer({ min: 1, max: 25 }), when: fc.constantFrom('before' as const, 'after' as const) }),
    fc.record({ pages: fc.integer({ min: 0, max: 3 }) }),
  );
  const property = fc.asyncProperty(
    fc.constantFrom(...SCENARIOS),
    fc.array(interruption, { minLength: 1, maxLength: 4 }),
    async (scenario, interruptions) => {
      const run = await newRun(scenario);
      let { event } = scenario;
      let hadAll = true;
      for (const how of interruptions) {
        let asked = 0;
        const surroundings =
          'pages' in how ? { hasTime: () => ++asked <= how.pages } : { s3: mortalClient(how.request, how.when) };
        const answer = await run.cleanUp(event, surroundings).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
          return undefined;
        });
        if (answer && !answer.done) event = { ...event, state: answer };
        hadAll &&= (await run.keys()).length > 0;
      }
      await expectEnd(run, await run.cleanUp(event), hadAll, scenario);
    },
  );
  await fc.assert(property, { numRuns: 25 });
}, 60_000);

describe('a cleanup that goes on while its execution is ended, and the finalizer’s keeps the run', () => {
  const succeeded = { tasks: tasksOf(['extract']), state: { out: { extract: SUCCEEDED } }, keepOnFailureSeconds: 60 };
  const aborted = {
    tasks: tasksOf(['extract']),
    state: { Error: 'Aborted' },
    status: 'ABORTED',
    keepOnFailureSeconds: 60,
  } as const;

  it.each<[string, number]>([
    ['before it has written its result down', 1],
    ['when it has', 2],
  ])('%s: either what is said to be kept is there, or nothing is', async (_, when) => {
    const run = new RunFolder(fixture, `run-${++number}`);
    await run.commit('extract');
    const before = await pathsOf(run);
    const s3 = fixture.newClient();
    let finalized: CleanupAnswer | undefined;
    intercept(s3, 'PutObjectCommand', async (__, send, call) => {
      if (call > 1) return send();
      if (when === 1) finalized = await run.cleanUp(aborted);
      const answer = await send();
      if (when === 2) finalized = await run.cleanUp(aborted);
      return answer;
    });
    await run.cleanUp(succeeded, { s3 });
    const { keptUntil } = resultOf(finalized as CleanupAnswer);
    expect(await pathsOf(run)).toEqual(keptUntil === undefined ? [] : ['_lease.json', ...before].sort());
    expect(keptUntil !== undefined).toBe(when === 1);
  });

  it('while the finalizer writes the lease: nothing is said to be kept', async () => {
    const run = new RunFolder(fixture, `run-${++number}`);
    await run.commit('extract');
    const s3 = fixture.newClient();
    intercept(s3, 'PutObjectCommand', async (__, send, call) => {
      if (call === 1) await run.cleanUp(succeeded, { hasTime: () => false });
      return send();
    });
    const { keptUntil, status } = resultOf(await run.cleanUp(aborted, { s3 }));
    expect([keptUntil, status]).toEqual([undefined, 'ABORTED']);
    expect(await pathsOf(run)).toEqual([]);
  });
});
