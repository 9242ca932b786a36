import type { OnProgress } from '../../local/index.ts';
import type { Style } from '../terminal.ts';
import { formatDuration } from './units.ts';

/** One line for everything that happens to a task: it started, an attempt failed, it is tried again, it ended. */
export function progressLines(
  print: (line: string) => void,
  style: (style: Style, text: string) => string,
): OnProgress {
  let began = performance.now();
  const line = (mark: string, text: string) =>
    print(`${style('dim', formatDuration(performance.now() - began).padStart(8))}  ${mark} ${text}`);
  return (event) => {
    switch (event.type) {
      case 'run-started':
        began = performance.now();
        print(`${style('bold', event.pipeline)} ${style('dim', `run ${event.run}`)}`);
        return;
      case 'synthesis-started':
        return line('>', 'bundling and synthesis');
      case 'attempt-started':
        return event.attempt === 1
          ? line('>', event.task)
          : line(style('yellow', '~'), `${event.task} ${style('yellow', `again (attempt ${event.attempt})`)}`);
      case 'attempt-succeeded':
        return line(style('green', '+'), `${event.task} done in ${formatDuration(event.durationMs)}`);
      case 'attempt-failed': {
        const which = event.attempt === 1 ? '' : ` (attempt ${event.attempt})`;
        return line(style('red', '!'), `${event.task}${which} failed: ${event.error.name}: ${event.error.message}`);
      }
      case 'cleanup-started':
        return line('>', 'cleanup');
      case 'run-ended':
        return;
      default:
        return event satisfies never;
    }
  };
}
