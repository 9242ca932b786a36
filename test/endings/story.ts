/** An ending, played: what was left at each of the moments at which something is promised. */

import type { ExecutionState } from '../../lambdas/reaper/executions.ts';
import type { ReapSummary } from '../../lambdas/reaper/summary.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import { RUN, Scene, type SceneOptions } from './scene.ts';

export interface Ending {
  readonly title: string;
  readonly options?: SceneOptions;
  readonly input?: unknown;
  /** Sees to it that the run ends so; called before it starts. @returns what is done once it has started */
  readonly prepare?: (scene: Scene) => ((scene: Scene) => Promise<void>) | void;
  /** What becomes of the event of the end. @default 'once' */
  readonly event?: 'once' | 'twice' | 'late' | 'lost';
  /** Done when the finalizer is over. */
  readonly afterwards?: (scene: Scene) => Promise<void>;
}

export interface CheckedEnding extends Ending {
  readonly expected: Expected;
}

export interface Expected {
  /** As the execution reports it. */
  readonly status: ExecutionState['status'];
  readonly error?: string;
  /** The error in the RunResult, where that tells another. */
  readonly reason?: string;
  /** How often each hook has run. */
  readonly hooks: { readonly alert: number; readonly report: number; readonly notify: number };
  /** When nothing is left, at the latest, and from then on. */
  readonly gone: Moment;
  /** `perhaps` where what has published is at work beside what ends the run; then it is whole if it is there. */
  readonly published: boolean | 'perhaps';
  /** Whether there is something left before. @default true */
  readonly leavesSomething?: boolean;
}

/** In the order in which they come. */
export const MOMENTS = [
  'the execution is over',
  'the finalizer is over',
  'the reaper has come',
  'the lease is over',
] as const;
export type Moment = (typeof MOMENTS)[number];

export interface Story {
  /** Those that the execution entered. */
  readonly states: readonly string[];
  readonly end: ExecutionState;
  readonly result: RunResult | undefined;
  /** What was left at each moment. */
  readonly left: Readonly<Record<Moment, readonly string[]>>;
  /** What there was when the moment's work began. */
  readonly before: Readonly<Record<Moment, readonly string[]>>;
  readonly hooks: Expected['hooks'];
  readonly published: unknown;
  readonly changedOfOthers: readonly string[];
  readonly reaped: ReapSummary | undefined;
}

/** No lease is longer. */
const LEASE_MS = 2 * 24 * 3_600_000;

export async function play({ options, input = {}, prepare, event = 'once', afterwards }: Ending): Promise<Story> {
  const scene = await Scene.open(options);
  const left = {} as Record<Moment, readonly string[]>;
  const before = {} as Record<Moment, readonly string[]>;
  const reach = async (moment: Moment, work: () => Promise<unknown>) => {
    before[moment] = await scene.keys();
    await work();
    left[moment] = await scene.keys();
  };
  try {
    const go = prepare?.(scene);
    await reach('the execution is over', async () => {
      scene.start(RUN, input);
      await go?.(scene);
      await scene.account.pipeline.over(RUN);
    });
    await reach('the finalizer is over', async () => {
      if (event === 'once' || event === 'twice') await scene.deliver();
      if (event === 'twice') await Promise.all([scene.deliver(), scene.deliver()]);
    });
    await afterwards?.(scene);
    let reaped: ReapSummary | undefined;
    await reach('the reaper has come', async () => {
      reaped = await scene.reap();
      if (event === 'late') await scene.deliver();
    });
    await reach('the lease is over', () => scene.reap(Date.now() + LEASE_MS));
    return {
      states: scene.account.pipeline.history(RUN),
      end: await scene.account.pipeline.over(RUN),
      result: scene.result(),
      left,
      before,
      hooks: {
        alert: scene.timesCalled('alert'),
        report: scene.timesCalled('report'),
        notify: scene.timesCalled('notify'),
      },
      published: await scene.table(),
      changedOfOthers: await scene.changedOfOthers(),
      reaped,
    };
  } finally {
    await scene.close();
  }
}
