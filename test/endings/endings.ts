/** Every way in which a run can end, and what must hold then. */

import { STATES } from '../../state-machines/contract/states.ts';
import { type FunctionName, TASKS } from './pipeline.ts';
import { failure, RUN, type Scene } from './scene.ts';
import type { CheckedEnding, Ending, Expected } from './story.ts';

const SUCCEEDED: Expected = {
  status: 'SUCCEEDED',
  hooks: { alert: 0, report: 1, notify: 1 },
  gone: 'the execution is over',
  published: true,
};
const FAILED: Expected = {
  status: 'FAILED',
  error: 'TaskFailed',
  hooks: { alert: 1, report: 1, notify: 1 },
  gone: 'the execution is over',
  published: false,
};
const ABORTED: Expected = {
  status: 'ABORTED',
  reason: 'Aborted',
  hooks: { alert: 1, report: 1, notify: 1 },
  gone: 'the finalizer is over',
  published: false,
};

/** Ends it while `left` is at work, and the other tasks beside it are done. */
function whileLeftIsAtWork(end: (scene: Scene) => void): NonNullable<Ending['prepare']> {
  return (scene) => {
    const left = scene.hold('left');
    return async () => {
      await left.begun;
      await scene.functionsAreIdle(2);
      end(scene);
      left.letGo();
      await scene.functionsAreIdle();
    };
  };
}

const abort = whileLeftIsAtWork((scene) => scene.stop());

function failing(...names: readonly FunctionName[]): NonNullable<Ending['prepare']> {
  return (scene) => scene.fail(...names);
}

export const ENDINGS: readonly CheckedEnding[] = [
  { title: 'success', expected: SUCCEEDED },
  ...TASKS.map(
    (task): CheckedEnding => ({
      title: `failure of the task ${task}`,
      prepare: failing(task),
      expected: { ...FAILED, published: task === 'right' },
    }),
  ),
  {
    title: 'failure of a finally hook',
    prepare: failing('report'),
    expected: { ...SUCCEEDED, status: 'FAILED', error: 'FinallyFailed' },
  },
  {
    title: 'failure of an errors hook, after that of a task',
    prepare: failing('left', 'alert'),
    expected: FAILED,
  },
  {
    title: 'failure of an errors hook and of a finally hook, after that of a task',
    prepare: failing('left', 'alert', 'report'),
    expected: FAILED,
  },
  {
    title: 'failure of the hook after the execution',
    prepare: failing('notify'),
    expected: SUCCEEDED,
  },
  {
    title: 'a cleanup that S3 lets delete nothing',
    prepare: refusingDeletes,
    expected: { ...SUCCEEDED, status: 'FAILED', error: 'CleanupFailed', gone: 'the finalizer is over' },
  },
  {
    title: 'a cleanup that S3 lets delete nothing, after a failure of a task',
    prepare: (scene) => {
      scene.fail('left');
      return refusingDeletes(scene);
    },
    expected: { ...FAILED, gone: 'the finalizer is over' },
  },
  {
    title: 'a cleanup whose function fails',
    options: { around: failingCleanup },
    expected: { ...SUCCEEDED, status: 'FAILED', error: 'CleanupFailed', gone: 'the finalizer is over' },
  },
  {
    title: 'a cleanup whose function fails, after a failure of a task',
    options: { around: failingCleanup },
    prepare: failing('left'),
    expected: { ...FAILED, gone: 'the finalizer is over' },
  },
  { title: 'abort', prepare: abort, expected: ABORTED },
  {
    title: 'the execution takes longer than it may',
    prepare: whileLeftIsAtWork(({ account }) => account.pipeline.end(RUN, { status: 'TIMED_OUT' })),
    expected: { ...ABORTED, status: 'TIMED_OUT', reason: 'States.Timeout' },
  },
  ...[
    { error: 'States.Runtime', cause: "The JSONPath '$.out' could not be found in the input" },
    { error: 'States.Runtime', cause: 'The execution reached the maximum number of history events (25000).' },
  ].map(
    ({ error, cause }): CheckedEnding => ({
      title: `what no Catch catches: ${cause}`,
      prepare: whileLeftIsAtWork(({ account }) => account.pipeline.end(RUN, { status: 'FAILED', error, cause })),
      expected: { ...ABORTED, status: 'FAILED', error, reason: error },
    }),
  ),
  { title: 'abort, and the event of it comes twice', prepare: abort, event: 'twice', expected: ABORTED },
  {
    title: 'abort, and the event of it is lost',
    prepare: abort,
    event: 'lost',
    expected: { ...ABORTED, gone: 'the reaper has come' },
  },
  {
    title: 'abort, and the event of it comes after the reaper',
    prepare: abort,
    event: 'late',
    expected: { ...ABORTED, gone: 'the reaper has come' },
  },
  {
    title: 'success, and the event of it is lost',
    event: 'lost',
    expected: SUCCEEDED,
  },
  { title: 'success, and the event of it comes twice', event: 'twice', expected: SUCCEEDED },
  { title: 'failure, and the event of it is lost', prepare: failing('left'), event: 'lost', expected: FAILED },
  {
    title: 'abort, and a task that goes on writes until the last sweep',
    options: {
      around: async ({ state, go }, scene) => {
        if (state === STATES.sweep) await scene.lateWriters();
        return go();
      },
    },
    prepare: leftOutlives,
    expected: ABORTED,
  },
  {
    title: 'abort, and a task that goes on writes after the last sweep',
    prepare: leftOutlives,
    afterwards: (scene) => scene.lateWriters(),
    expected: { ...ABORTED, gone: 'the reaper has come' },
  },
];

function leftOutlives(scene: Scene) {
  const left = scene.hold('left');
  return async () => {
    await left.begun;
    await scene.functionsAreIdle(2);
    scene.stop();
  };
}

/** Until the execution is over. */
function refusingDeletes(scene: Scene): void {
  scene.refuse = ({ method, bucket }) => {
    if (!scene.isRunning() || bucket !== 'runs' || method !== 'POST') return undefined;
    return { status: 403, code: 'AccessDenied', message: 'Access Denied' };
  };
}

async function failingCleanup(
  { state, execution, go }: { state: string; execution: string; go(): Promise<unknown> },
  scene: Scene,
) {
  if (execution === RUN && scene.isRunning() && state.startsWith(STATES.cleanup)) throw failure('Broken');
  return go();
}
