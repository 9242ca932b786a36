/** What stands for the states of tasks on a terminal beside their words, so that no colour has to be seen. */

import type { LiveStatus } from '../../history/run-history.ts';
import type { StyleText } from '../terminal.ts';

export interface Signs {
  readonly states: Readonly<Record<LiveStatus, string>>;
  /** In turn, for what runs. */
  readonly spinner: readonly string[];
  /** Before a branch, before the last branch, and beside what belongs to a branch. */
  readonly branch: string;
  readonly lastBranch: string;
  readonly beside: string;
  readonly bar: { readonly succeeded: string; readonly failed: string; readonly left: string };
  readonly between: string;
  readonly cut: string;
}

export interface Look {
  readonly signs: Signs;
  readonly style: StyleText;
  /** Counts up from one picture to the next. */
  readonly turn: number;
}

const UNICODE: Signs = {
  states: {
    WAITING: '○',
    RUNNING: '●',
    RETRYING: '↻',
    SUCCEEDED: '✓',
    FAILED: '✗',
    SKIPPED: '»',
    OMITTED: '·',
  },
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  branch: '├ ',
  lastBranch: '└ ',
  beside: '│ ',
  bar: { succeeded: '█', failed: '▒', left: '░' },
  between: ' · ',
  cut: '…',
};

const ASCII: Signs = {
  states: { WAITING: '.', RUNNING: '*', RETRYING: '~', SUCCEEDED: '+', FAILED: 'x', SKIPPED: '>', OMITTED: '-' },
  spinner: ['|', '/', '-', '\\'],
  branch: '|-',
  lastBranch: '`-',
  beside: '| ',
  bar: { succeeded: '#', failed: 'x', left: '.' },
  between: ' | ',
  cut: '...',
};

/**
 * Windows' old console has neither the dots nor the boxes in its fonts, nor has Linux' own; whoever sits at Windows
 * Terminal, in an editor's terminal or a terminal of Unix' kind has.
 */
export function signsFor(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Signs {
  const { TERM, WT_SESSION, TERM_PROGRAM } = env;
  if (platform === 'win32') return WT_SESSION || TERM_PROGRAM || TERM ? UNICODE : ASCII;
  return TERM === 'linux' ? ASCII : UNICODE;
}
