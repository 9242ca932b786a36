/** Holds a run against the model. */

import { expect } from 'vitest';
import type { TaskOut } from '../../state-machines/contract/marks.ts';
import { type Outcome, outcomeOf } from '../../state-machines/contract/outcome.ts';
import type { HookState } from '../../state-machines/contract/task-events.ts';
import type { TaskStatus } from '../../state-machines/index.ts';
import { type Course, errorsOf, isDue, orderIn, type Statuses, statusesOf, tasksAbout } from './model.ts';
import { allMarks, BREAKING_ERROR, BROKEN_CLEANUP, failureIn, RUN, startedIn, type Trace } from './run.ts';
import type { Behaviour, HookSpec, Spec } from './spec.ts';

export function expectToFollowTheRules(spec: Spec, behaviour: Behaviour, trace: Trace): void {
  new Check(spec, behaviour, trace).all();
}

type Marks = Readonly<Record<string, TaskOut>>;

class Check {
  readonly #spec: Spec;
  readonly #hooks: readonly HookSpec[];
  readonly #behaviour: Behaviour;
  readonly #trace: Trace;
  /** As they would be if nothing ended the run early. */
  readonly #statuses: Statuses;
  /** The error that has ended the run early. */
  readonly #endedBy: string | undefined;
  readonly #course: Course;

  constructor(spec: Spec, behaviour: Behaviour, trace: Trace) {
    this.#spec = spec;
    this.#hooks = spec.hooks ?? [];
    this.#behaviour = behaviour;
    this.#trace = trace;
    this.#statuses = statusesOf(spec, behaviour);
    this.#endedBy = (trace.cleanups[0]?.state as HookState | undefined)?.Error;
    const told = trace.notes && statusesTold(trace.notes);
    this.#course = { statuses: told ?? this.#statuses, ended: this.#endedBy !== undefined };
  }

  all(): void {
    this.#runEndsEarlyForAReason();
    if (this.#course.ended) this.#nothingStartsBehindTheEnd();
    else expect(this.#started(this.#spec.tasks)).toEqual(this.#ran());
    this.#hooksRunWhereDue();
    this.#hooksAreTold();
    this.#orderIsKept();
    this.#cleanupComesLast();
    this.#cleanupIsTold();
    this.#runEnds();
  }

  #runEndsEarlyForAReason(): void {
    const ran = this.#ran();
    const broken = ran.filter((task) => this.#behaviour.breaking?.has(task));
    const stopping = this.#spec.onTaskFailure === 'stop' ? ran.filter((task) => this.#statuses[task] === 'FAILED') : [];
    const reasons = [
      ...(broken.length > 0 ? [BREAKING_ERROR] : []),
      ...stopping.map((task) => JSON.stringify({ [task]: failureIn(task) })),
    ];
    const { Error: name, Cause } = (this.#trace.cleanups[0]?.state ?? {}) as HookState;
    if (reasons.length === 0) expect(name).toBeUndefined();
    else expect(reasons).toContain(name === 'TaskFailed' ? Cause : name);
    expect(this.#trace.notes !== undefined, 'the records are asked').toBe(this.#course.ended && this.#hooks.length > 0);
  }

  #nothingStartsBehindTheEnd(): void {
    const { steps } = this.#trace;
    const tasks = this.#started(this.#spec.tasks);
    expect(this.#ran(), 'what starts').toEqual(expect.arrayContaining(tasks));
    expect(tasks, 'what starts twice').toEqual([...new Set(tasks)]);
    const end = steps.findIndex((step) => step === 'notes' || step === 'cleanup');
    for (const task of tasks) expect(steps.indexOf(`start ${task}`), `start of ${task}`).toBeLessThan(end);
  }

  #hooksRunWhereDue(): void {
    if (this.#course.ended && !this.#trace.notes) return;
    const expected = this.#hooks.flatMap((hook) => {
      if (!isDue(this.#spec, hook, this.#course)) return [];
      // One that was under way when the run was ended is not known to be over, and so runs once more.
      return this.#wasUnderWay(hook.name) ? [hook.name, hook.name] : [hook.name];
    });
    expect(this.#started(this.#hooks)).toEqual(expected);
  }

  #hooksAreTold(): void {
    for (const hook of this.#hooks) {
      const state = this.#trace.sent[hook.name];
      if (!state) continue;
      const about = tasksAbout(this.#spec, hook);
      const late = this.#trace.notes !== undefined && !(hook.name in this.#trace.notes);
      const statuses = late ? this.#course.statuses : this.#statuses;
      const failures = about.filter((task) => statuses[task] === 'FAILED');
      const error = late && this.#endedBy !== 'TaskFailed' ? this.#endedBy : undefined;
      expect(outcomeOf(state, about), `what ${hook.name} is told`).toEqual({
        status: failures.length > 0 || late ? 'FAILED' : 'SUCCEEDED',
        failures: failures.map((task) => ({ task, name: 'Boom', message: `"${task}" went wrong` })),
        tasks: Object.fromEntries(about.map((task) => [task, statuses[task] ?? 'SKIPPED'])),
        ...(error && { error: { name: error, message: expect.any(String) } }),
      } satisfies Outcome);
    }
  }

  #orderIsKept(): void {
    const { steps, notes } = this.#trace;
    const kindOf = new Map(this.#hooks.map(({ name, kind }) => [name, kind]));
    const late = (name: string) => kindOf.has(name) && steps.indexOf(`start ${name}`) > steps.indexOf('notes');
    for (const { before, after } of orderIn(this.#spec)) {
      const [end, start] = [steps.indexOf(`end ${before}`), steps.indexOf(`start ${after}`)];
      if (start < 0 || !steps.includes(`start ${before}`)) continue;
      // Behind a run that was ended early, what was under way goes on; and all errors tasks come first.
      if (notes && kindOf.has(after) && !(late(before) && late(after))) continue;
      if (notes && kindOf.get(before) === 'finally' && kindOf.get(after) === 'errors') continue;
      expect(end >= 0 && end < start, `${before} is over before ${after} starts`).toBe(true);
    }
    const inPlace = notes ? steps.slice(steps.indexOf('notes')) : steps;
    for (const { name: task } of this.#spec.tasks) {
      const handlers = this.#hooks.filter(({ of: owner }) => owner && 'task' in owner && owner.task === task);
      const names = handlers.map(({ name }) => name).filter((name) => !this.#wasUnderWay(name));
      const own = inPlace.filter((step) => names.some((name) => step.endsWith(` ${name}`)));
      const alternating = own.map((step, index) => step.startsWith(index % 2 === 0 ? 'start ' : 'end '));
      expect(alternating, `the errors tasks of ${task} run one after the other`).not.toContain(false);
    }
  }

  #cleanupComesLast(): void {
    const { steps, cleanups } = this.#trace;
    const calls = this.#cleanupFailed() ? this.#cleanups.length : this.#cleanups.length + 1;
    expect(steps.filter((step) => step === 'cleanup')).toHaveLength(calls);
    const behind = steps.slice(steps.indexOf('cleanup')).filter((step) => step !== 'cleanup');
    // A function goes on though its state was given up.
    const underWay = (step: string) => step.startsWith('end ') && this.#wasUnderWay(step.slice('end '.length));
    expect(behind.filter((step) => !underWay(step))).toEqual([]);
    const firstUnfinished = this.#cleanups.indexOf('unfinished');
    for (const [call, { state }] of cleanups.entries()) {
      if (firstUnfinished < 0 || call <= firstUnfinished) expect(state).toEqual(cleanups[0]?.state);
      else expect(state).toMatchObject({ done: false, result: {} });
    }
  }

  #cleanupIsTold(): void {
    const [event] = this.#trace.cleanups;
    const nameAndRetries = ({ name }: { readonly name: string }) => ({ name, retries: 0 });
    expect(event).toMatchObject({
      run: RUN,
      input: this.#behaviour.input ?? {},
      startedAt: expect.any(String),
      tasks: this.#spec.tasks.map(nameAndRetries),
    });
    expect(event?.hooks ?? []).toEqual(this.#hooks.map(nameAndRetries));
    if (this.#course.ended && !this.#trace.notes) {
      expect(event?.state).toEqual({ Error: this.#endedBy, Cause: expect.any(String) });
      return;
    }
    const ofTasks = this.#trace.notes ?? this.#marksOfTasks();
    const ofHooks = this.#hooks
      .filter((hook) => isDue(this.#spec, hook, this.#course))
      .map(({ name }) => [name, this.#behaviour.failing?.has(name) ? failureIn(name) : { status: 'SUCCEEDED' }]);
    expect(allMarks(event?.state as never)).toEqual({ ...ofTasks, ...Object.fromEntries(ofHooks) });
  }

  #runEnds(): void {
    const { end, sent } = this.#trace;
    const failedHooks = new Set([...(this.#behaviour.failing ?? [])].filter((name) => name in sent));
    const cleanupFailed = this.#cleanupFailed();
    const errors = errorsOf(this.#spec, { ...this.#course, endedBy: this.#endedBy }, { failedHooks, cleanupFailed });
    if (errors.length === 0) {
      expect(end).toEqual({ status: 'SUCCEEDED', output: { all: 'well' } });
      return;
    }
    expect(end.status).toBe('FAILED');
    const { error, cause } = end as Extract<typeof end, { status: 'FAILED' }>;
    expect(errors).toContain(error);
    if (!cleanupFailed) expect(cause).toBe('the cause');
    else if (error === 'CleanupFailed') expect(JSON.parse(cause)).toEqual(BROKEN_CLEANUP);
    else expect(JSON.parse(cause)).toMatchObject({ cleanup: BROKEN_CLEANUP });
  }

  get #cleanups(): NonNullable<Behaviour['cleanups']> {
    return this.#behaviour.cleanups ?? [];
  }

  /** Four attempts in a row have failed. */
  #cleanupFailed(): boolean {
    return this.#cleanups.join(' ').endsWith('broken broken broken broken');
  }

  /** The tasks that run unless the run ends before, as often as they do. */
  #ran(): string[] {
    const { tasks } = this.#spec;
    return tasks.map(({ name }) => name).filter((name) => ['SUCCEEDED', 'FAILED'].includes(this.#statuses[name] ?? ''));
  }

  /** Those that started, in the order of their declaration, once for each start. */
  #started(declared: readonly { readonly name: string }[]): string[] {
    const started = startedIn(this.#trace);
    return declared.flatMap(({ name }) => started.filter((other) => other === name));
  }

  /** Started, and not over when the run was ended early. */
  #wasUnderWay(name: string): boolean {
    const { steps } = this.#trace;
    const end = steps.findIndex((step) => step === 'notes' || step === 'cleanup');
    const before = steps.slice(0, end);
    return this.#course.ended && before.includes(`start ${name}`) && !before.includes(`end ${name}`);
  }

  /** In a run that was not ended early. */
  #marksOfTasks(): Marks {
    const lookedAt = (name: string) =>
      this.#trace.cleanups[0] ? allMarks(this.#trace.cleanups[0].state as never)[name] : undefined;
    const marks = this.#spec.tasks.flatMap(({ name }): [string, TaskOut][] => {
      const status = this.#statuses[name];
      if (status === 'SKIPPED') return [];
      if (status === 'FAILED') return [[name, failureIn(name)]];
      const values = (lookedAt(name) as { values?: Record<string, string> } | undefined)?.values;
      return [[name, status === 'OMITTED' ? { status } : { status: 'SUCCEEDED', ...(values && { values }) }]];
    });
    return Object.fromEntries(marks);
  }
}

/** What can be told from marks: a task without one may have been skipped, or not have come to run. */
function statusesTold(marks: Marks): Partial<Statuses> {
  return Object.fromEntries(
    Object.entries(marks).map(([name, mark]): [string, TaskStatus] => [name, 'Error' in mark ? 'FAILED' : mark.status]),
  );
}
