import type { AttemptOf, RunEvent, RunEventOf } from '../../history/events.ts';
import { formatBytes, formatCount, formatDuration } from '../../history/units.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { NOT_CHECKED } from '../render/denials.ts';
import type { StyleText } from '../terminal.ts';

export interface LinesOptions {
  readonly plan: Plan;
  readonly print: (line: string) => void;
  readonly style: StyleText;
  /** Where the run is, in words. */
  readonly where?: string;
}

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
export function progressLines({ plan, print, style, where }: LinesOptions): (event: RunEvent) => void {
  let began = 0;
  let now = 0;
  let cleanupBegan = 0;
  let logOf = (task: string) => `the log of ${task}`;
  const chunksOf = new Map<string, Chunks>();
  const line = (mark: string, text: string) =>
    print(`${style('dim', formatDuration(now - began).padStart(8))}  ${mark} ${text}`);
  const nameOf = ({ task, hook, chunks }: AttemptOf) =>
    task + (hook ? style('dim', ` (${hook})`) : '') + (chunks ? ` ${listed(chunks)}` : '');
  const attemptOf = ({ task, attempt }: AttemptOf) => {
    const all = 1 + ((plan.task(task) ?? plan.hook(task))?.retries ?? 0);
    return `attempt ${attempt}${attempt <= all ? ` of ${all}` : ''}`;
  };

  const runStarted = ({ pipeline, run, execution, folder, at }: RunEventOf<'run-started'>) => {
    began = Date.parse(at);
    if (folder !== undefined) logOf = (task) => `logs/${task}.log`;
    const resumed = execution === undefined ? '' : `, execution ${execution}`;
    const place = where === undefined ? '' : ` ${where}:`;
    print(`${style('bold', pipeline)}${place} ${style('dim', `run ${run}${resumed}`)}`);
  };

  const started = (event: AttemptOf) => {
    if (event.gather && event.attempt === 1) return;
    if (event.chunks && (chunksOf.get(event.task)?.failed ?? 0) > FAILURES_SHOWN) return;
    if (event.attempt > 1) {
      return line(style('yellow', '~'), `${nameOf(event)} ${style('yellow', `again (${attemptOf(event)})`)}`);
    }
    if (!event.chunks) line('>', nameOf(event));
  };

  const chunksDone = (task: string, chunks: Chunks, done: number) => {
    const quarters = (count: number) => Math.floor((4 * count) / chunks.total);
    const shown = quarters(done) > quarters(chunks.done);
    chunks.done = done;
    if (shown) line('-', `${task} ${done.toLocaleString('en-US')} of ${formatCount(chunks.total, 'chunk')}`);
  };

  const succeeded = (event: RunEventOf<'attempt-succeeded'>) => {
    const chunks = chunksOf.get(event.task);
    if (chunks && event.chunks) return chunksDone(event.task, chunks, chunks.done + event.chunks.length);
    if (event.committedBefore)
      return line(style('green', '='), `${nameOf(event)} had committed before${figuresOf(event)}`);
    const durationMs = chunks && event.gather ? now - chunks.startedAt : event.durationMs;
    line(style('green', '+'), `${nameOf(event)} done in ${formatDuration(durationMs)}${figuresOf(event)}`);
  };

  const failed = (event: RunEventOf<'attempt-failed'>) => {
    const chunks = event.chunks && chunksOf.get(event.task);
    if (chunks) chunks.failed += 1;
    const shownBefore = chunks ? chunks.failed - 1 : 0;
    if (shownBefore > FAILURES_SHOWN) return;
    if (shownBefore === FAILURES_SHOWN) {
      return line(style('red', '!'), `${event.task}: more attempts fail; ${logOf(event.task)} tells of all`);
    }
    const which = event.attempt === 1 ? '' : ` (${attemptOf(event)})`;
    line(style('red', '!'), `${nameOf(event)}${which} failed: ${event.error.name}: ${event.error.message}`);
  };

  return (event) => {
    now = Date.parse(event.at);
    switch (event.type) {
      case 'run-started':
        return runStarted(event);
      case 'synthesis-started':
        return line('>', 'bundling and synthesis');
      case 'chunks-started':
        chunksOf.set(event.task, { total: event.count, startedAt: now, done: 0, failed: 0 });
        return line('>', `${event.task} in ${formatCount(event.count, 'chunk')}`);
      case 'chunks-counted': {
        const chunks = chunksOf.get(event.task);
        return chunks && chunksDone(event.task, chunks, event.succeeded);
      }
      case 'attempt-started':
        return started(event);
      case 'attempt-succeeded':
        return succeeded(event);
      case 'attempt-failed':
        return failed(event);
      case 'execution-ended':
        // What else there is to say of its end, the run's end says.
        if (event.status === 'SUCCEEDED' || event.status === 'FAILED') return;
        return line(style('red', '!'), `the execution has ended ${event.status}: its hooks and its cleanup follow`);
      case 'cleanup-started':
        cleanupBegan = now;
        return line('>', 'cleanup');
      case 'cleanup-ended':
        if (!event.done) return line(style('yellow', '~'), 'cleanup is not done yet');
        return line(style('green', '+'), `cleanup done in ${formatDuration(now - cleanupBegan)}`);
      case 'denied':
        return line(style('red', 'x'), `${style('red', 'denied:')} ${event.denial.message}`);
      case 'permissions-not-checked':
        return line(style('yellow', '!'), NOT_CHECKED);
      case 'run-ended':
        return;
      default:
        return event satisfies never;
    }
  };
}

function figuresOf({ bytesIn, bytesOut }: RunEventOf<'attempt-succeeded'>): string {
  const read = bytesIn ? `, ${formatBytes(bytesIn)} in` : '';
  return `${read}${bytesOut ? `, ${formatBytes(bytesOut)} out` : ''}`;
}

const IDS_SHOWN = 3;

function listed(ids: readonly string[]): string {
  const shown = ids.slice(0, IDS_SHOWN).join(', ');
  return ids.length > IDS_SHOWN ? `[${shown} and ${ids.length - IDS_SHOWN} more]` : `[${shown}]`;
}
