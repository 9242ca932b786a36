import type { UntimedEvent } from '../../history/events.ts';
import { formatCount, formatDuration } from '../../history/units.ts';
import type { Style } from '../terminal.ts';
import { NOT_CHECKED } from './denials.ts';

type Attempt = Extract<UntimedEvent, { type: 'attempt-started' | 'attempt-succeeded' | 'attempt-failed' }>;

interface Chunks {
  readonly total: number;
  readonly startedAt: number;
  done: number;
  /** Attempts. */
  failed: number;
}

/** Attempts at chunks of a task that failed: of thousands more, nobody reads a line each. */
const FAILURES_SHOWN = 10;

/**
 * One line for everything that happens to a task: it started, an attempt failed, it is tried again, it ended. Of chunks
 * only every quarter of them that is done, and the first attempts that failed.
 */
export function progressLines(
  print: (line: string) => void,
  style: (style: Style, text: string) => string,
): (event: UntimedEvent) => void {
  let began = performance.now();
  const chunksOf = new Map<string, Chunks>();
  const line = (mark: string, text: string) =>
    print(`${style('dim', formatDuration(performance.now() - began).padStart(8))}  ${mark} ${text}`);
  const nameOf = ({ task, hook, chunks }: Attempt) =>
    task + (hook ? style('dim', ` (${hook})`) : '') + (chunks ? ` ${listed(chunks)}` : '');

  const started = (event: Attempt) => {
    if (event.gather && event.attempt === 1) return;
    if (event.chunks && (chunksOf.get(event.task)?.failed ?? 0) > FAILURES_SHOWN) return;
    if (event.attempt > 1) {
      return line(style('yellow', '~'), `${nameOf(event)} ${style('yellow', `again (attempt ${event.attempt})`)}`);
    }
    if (!event.chunks) line('>', nameOf(event));
  };
  const succeeded = (event: Extract<UntimedEvent, { type: 'attempt-succeeded' }>) => {
    const chunks = chunksOf.get(event.task);
    const quarter = () => (chunks ? Math.floor((4 * chunks.done) / chunks.total) : 0);
    if (chunks && event.chunks) {
      const before = quarter();
      chunks.done += event.chunks.length;
      if (quarter() > before) line('-', `${event.task} ${chunks.done} of ${formatCount(chunks.total, 'chunk')}`);
      return;
    }
    const durationMs = chunks && event.gather ? performance.now() - chunks.startedAt : event.durationMs;
    line(style('green', '+'), `${nameOf(event)} done in ${formatDuration(durationMs)}`);
  };

  const failed = (event: Extract<UntimedEvent, { type: 'attempt-failed' }>) => {
    const chunks = event.chunks && chunksOf.get(event.task);
    if (chunks) chunks.failed += 1;
    const shownBefore = chunks ? chunks.failed - 1 : 0;
    if (shownBefore > FAILURES_SHOWN) return;
    if (shownBefore === FAILURES_SHOWN) {
      return line(style('red', '!'), `${event.task}: more attempts fail; logs/${event.task}.log tells of all`);
    }
    const which = event.attempt === 1 ? '' : ` (attempt ${event.attempt})`;
    line(style('red', '!'), `${nameOf(event)}${which} failed: ${event.error.name}: ${event.error.message}`);
  };

  return (event) => {
    switch (event.type) {
      case 'run-started':
        began = performance.now();
        print(`${style('bold', event.pipeline)} ${style('dim', `run ${event.run}`)}`);
        return;
      case 'synthesis-started':
        return line('>', 'bundling and synthesis');
      case 'chunks-started':
        chunksOf.set(event.task, { total: event.count, startedAt: performance.now(), done: 0, failed: 0 });
        return line('>', `${event.task} in ${formatCount(event.count, 'chunk')}`);
      case 'attempt-started':
        return started(event);
      case 'attempt-succeeded':
        return succeeded(event);
      case 'attempt-failed':
        return failed(event);
      case 'cleanup-started':
        return line('>', 'cleanup');
      case 'denied':
        return line(style('red', 'x'), `${style('red', 'denied:')} ${event.denial.message}`);
      case 'permissions-not-checked':
        return line(style('yellow', '!'), NOT_CHECKED);
      case 'chunks-counted':
      case 'cleanup-ended':
      case 'execution-ended':
      case 'run-ended':
        return;
      default:
        return event satisfies never;
    }
  };
}

const IDS_SHOWN = 3;

function listed(ids: readonly string[]): string {
  const shown = ids.slice(0, IDS_SHOWN).join(', ');
  return ids.length > IDS_SHOWN ? `[${shown} and ${ids.length - IDS_SHOWN} more]` : `[${shown}]`;
}
