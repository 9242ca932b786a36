/** A run as a tree on a terminal, drawn anew while it goes on. */

import { clearScreenDown, moveCursor } from 'node:readline';
import { createLogUpdate } from 'log-update';
import { HistoryBuilder } from '../../history/builder.ts';
import type { Denial, RunEvent, RunEventOf } from '../../history/events.ts';
import type { RunHistory } from '../../history/run-history.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { NOT_CHECKED } from '../render/denials.ts';
import { renderEnd } from '../render/run.ts';
import { styler, type Terminal } from '../terminal.ts';
import type { PlaceShown, RunDisplay } from './display.ts';
import { frameOf, lastFrameOf, type Size, type View } from './frame.ts';
import { outlineOf, type Place } from './outline.ts';
import { type Look, signsFor } from './signs.ts';
import { warnOfUnreached } from './warnings.ts';
import { rowsTaken } from './width.ts';

const INTERVAL_MS = 100;

export class TreeDisplay implements RunDisplay {
  readonly #plan: Plan;
  readonly #terminal: Terminal;
  readonly #where: string | undefined;
  readonly #options: string;
  readonly #builder: HistoryBuilder;
  readonly #look: Omit<Look, 'turn'>;
  readonly #outline: readonly Place[];
  readonly #log: ReturnType<typeof createLogUpdate>;
  readonly #messages: string[] = [];
  readonly #denials: Denial[] = [];
  #preparing = 'starting';
  #history: RunHistory | undefined;
  #timer: NodeJS.Timeout | undefined;
  #drawn: { readonly lines: readonly string[]; readonly size: Size } | undefined;
  #open = true;

  constructor(plan: Plan, terminal: Terminal, { where, options = '' }: PlaceShown) {
    const { stdout } = terminal;
    this.#plan = plan;
    this.#terminal = terminal;
    this.#where = where;
    this.#options = options;
    this.#builder = new HistoryBuilder(plan);
    this.#look = { signs: signsFor(process.env, process.platform), style: styler(stdout) };
    this.#outline = outlineOf(plan, this.#look.signs);
    this.#log = createLogUpdate(stdout);
  }

  show(event: RunEvent): void {
    if (!this.#open) return;
    this.#builder.add(event);
    this.#history = undefined;
    const { style } = this.#look;
    switch (event.type) {
      case 'run-started':
        this.#begin();
        break;
      case 'synthesis-started':
        this.#preparing = 'bundling and synthesis';
        // It leaves this process no time to draw.
        this.#draw();
        break;
      case 'denied':
        this.#denials.push(event.denial);
        this.#printAbove(`${style('red', 'x denied:')} ${event.denial.message}`);
        break;
      case 'permissions-not-checked':
        this.#printAbove(`${style('yellow', '!')} ${NOT_CHECKED}`);
        break;
      case 'run-ended':
        this.#finish(lastFrameOf(this.#view(), this.#size().columns, this.#lookNow()));
        this.#terminal.stdout.write(`\n${this.#endOf(event)}\n`);
        warnOfUnreached(event, this.#terminal);
        break;
    }
  }

  say(message: string): void {
    if (!this.#timer) {
      this.#terminal.stderr.write(`${message}\n`);
      return;
    }
    this.#messages.push(...message.split('\n'));
    // With it goes what the terminal has echoed there, such as ^C.
    this.#erase();
    this.#draw();
  }

  close(): void {
    if (!this.#open) return;
    if (this.#timer && this.#view().history.phase === 'preparing') this.#erase();
    this.#finish(this.#drawn?.lines ?? []);
  }

  #begin(): void {
    if (this.#timer) return;
    this.#timer = setInterval(this.#draw, INTERVAL_MS).unref();
    this.#terminal.stdout.on('resize', this.#draw);
    this.#draw();
  }

  #finish(lines: readonly string[]): void {
    this.#open = false;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#terminal.stdout.off('resize', this.#draw);
    if (lines.length > 0) this.#log.persist(lines.join('\n'));
    this.#log.done();
  }

  readonly #draw = (): void => {
    const size = this.#size();
    const before = this.#drawn?.size;
    // What was drawn is not where it was.
    if (before && (before.columns !== size.columns || before.rows !== size.rows)) this.#erase();
    const lines = frameOf(this.#view(), size, this.#lookNow());
    this.#drawn = { lines, size };
    this.#log(lines.join('\n'));
  };

  /** Terminals wrap anew what they show when they become narrower, so that it takes more rows than were drawn. */
  #erase(): void {
    const { lines = [] } = this.#drawn ?? {};
    const added = rowsTaken(lines, this.#size().columns) - lines.length;
    if (added > 0) {
      moveCursor(this.#terminal.stdout, 0, -added);
      clearScreenDown(this.#terminal.stdout);
    }
    this.#log.clear();
    this.#drawn = undefined;
  }

  #printAbove(line: string): void {
    if (!this.#timer) {
      this.#terminal.stdout.write(`${line}\n`);
      return;
    }
    this.#log.persist(line);
    this.#drawn = undefined;
    this.#draw();
  }

  #endOf(event: RunEventOf<'run-ended'>): string {
    const { columns } = this.#size();
    return renderEnd(event, this.#denials, this.#look.style, { options: this.#options, now: Date.now(), columns });
  }

  #view(): View {
    this.#history ??= this.#builder.history();
    return {
      plan: this.#plan,
      outline: this.#outline,
      history: this.#history,
      ...(this.#where !== undefined && { where: this.#where }),
      now: Date.now(),
      preparing: this.#preparing,
      messages: this.#messages,
    };
  }

  #lookNow(): Look {
    return { ...this.#look, turn: Math.floor(Date.now() / INTERVAL_MS) };
  }

  #size(): Size {
    const { columns, rows } = this.#terminal.stdout;
    return { columns: columns || 80, rows: rows || 24 };
  }
}
