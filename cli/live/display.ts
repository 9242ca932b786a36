/** How a run is followed: as a tree on a terminal, as lines elsewhere, as JSON where a program reads it. */

import type { RunEvent } from '../../history/events.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { printableIn } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { JsonDisplay } from './json.ts';
import { LinesDisplay } from './lines-display.ts';
import { TreeDisplay } from './tree.ts';

export interface RunDisplay {
  /** With `run-ended` also how it ended: the results, what was released, where to go on. */
  show(event: RunEvent): void;
  /** What the command itself has to say while the run goes on: below the tree, otherwise on stderr. */
  say(message: string): void;
  /** Leaves the terminal as it was found, whether the run has ended or not. What is shown from then on is not. */
  close(): void;
}

export interface PlaceShown {
  /** Where the run is, in words: `on this machine, .ebbtide`. */
  readonly where?: string;
  /** Those that lead a command there again, each with a space before it. @default none */
  readonly options?: string;
}

export interface DisplayOptions extends PlaceShown {
  /** One `RunEvent` a line on stdout, and nothing else there. */
  readonly json?: true;
}

export function runDisplay(plan: Plan, terminal: Terminal, { json, ...place }: DisplayOptions): RunDisplay {
  if (json) return new JsonDisplay(terminal);
  const display = canBeDrawnOn(terminal.stdout)
    ? new TreeDisplay(plan, terminal, place)
    : new LinesDisplay(plan, terminal, place);
  return {
    show: (event) => display.show(printableIn(event)),
    say: (message) => display.say(message),
    close: () => display.close(),
  };
}

/** The log of a CI job keeps every picture that was drawn. */
function canBeDrawnOn(stream: NodeJS.WriteStream): boolean {
  const { CI, TERM } = process.env;
  const inCi = CI !== undefined && CI !== '' && CI !== '0' && CI !== 'false';
  return stream.isTTY && !inCi && TERM !== 'dumb';
}
