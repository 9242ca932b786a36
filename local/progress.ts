/** What a local run tells while it goes on, and leaves in its folder. */

import type { RunEvent, UntimedEvent } from '../history/events.ts';
import { appendEvent } from './runs/event-log.ts';
import type { RunFolder } from './runs/run-folder.ts';

export type ProgressEvent = RunEvent;

export type OnProgress = (event: ProgressEvent) => void;

/** As it is told inside the runner. */
export type Tell = (event: UntimedEvent & Partial<Pick<RunEvent, 'at'>>) => void;

/** Gives each event its time, unless it has one, leaves it in the run's folder, and passes it on. */
export function telling(folder: RunFolder, execution: string, onProgress: OnProgress = () => undefined): Tell {
  return (event) => {
    const timed: RunEvent = { at: new Date().toISOString(), ...event };
    appendEvent(folder, execution, timed);
    onProgress(timed);
  };
}
