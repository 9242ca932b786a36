import type { RunEvent } from '../../history/events.ts';
import { printableJson } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import type { RunDisplay } from './display.ts';
import { warnOfPermissions, warnOfUnreached } from './warnings.ts';

/** Newline-delimited JSON: the last line of a run that ends has its RunResult. */
export class JsonDisplay implements RunDisplay {
  readonly #terminal: Terminal;
  #open = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: RunEvent): void {
    if (!this.#open) return;
    this.#terminal.stdout.write(`${printableJson(event)}\n`);
    warnOfPermissions(event, this.#terminal);
    warnOfUnreached(event, this.#terminal);
  }

  say(message: string): void {
    this.#terminal.stderr.write(`${message}\n`);
  }

  close(): void {
    this.#open = false;
  }
}
