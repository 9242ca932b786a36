import type { Denial, RunEvent } from '../../history/events.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { renderEnd, renderTasks } from '../render/run.ts';
import { styler, type Terminal } from '../terminal.ts';
import type { PlaceShown, RunDisplay } from './display.ts';
import { progressLines } from './lines.ts';
import { warnOfUnreached } from './warnings.ts';

/** A line for each thing that happens, then the tasks as a table: what a log or a pipe keeps. */
export class LinesDisplay implements RunDisplay {
  readonly #terminal: Terminal;
  readonly #lines: (event: RunEvent) => void;
  readonly #options: string;
  readonly #denials: Denial[] = [];
  #open = true;

  constructor(plan: Plan, terminal: Terminal, { where, options = '' }: PlaceShown) {
    this.#terminal = terminal;
    this.#options = options;
    const style = styler(terminal.stdout);
    this.#lines = progressLines({
      plan,
      print: (line) => this.#print(line),
      style,
      ...(where !== undefined && { where }),
    });
  }

  show(event: RunEvent): void {
    if (!this.#open) return;
    this.#lines(event);
    if (event.type === 'denied') this.#denials.push(event.denial);
    if (event.type !== 'run-ended') return;
    const style = styler(this.#terminal.stdout);
    const end = renderEnd(event, this.#denials, style, { options: this.#options, now: Date.now() });
    this.#print(`\n${renderTasks(event.result, style)}\n\n${end}`);
    warnOfUnreached(event, this.#terminal);
  }

  say(message: string): void {
    this.#terminal.stderr.write(`${message}\n`);
  }

  close(): void {
    this.#open = false;
  }

  #print(line: string): void {
    this.#terminal.stdout.write(`${line}\n`);
  }
}
