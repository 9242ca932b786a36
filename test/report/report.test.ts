import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent, UntimedEvent } from '../../history/events.ts';
import { renderReport } from '../../report/index.ts';
import { STYLE, STYLE_HASH } from '../../report/style.ts';
import { Plan } from '../../state-machines/graph/plan.ts';
import { json, ref, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { anyEvents, everything, resultOf, started, timed } from './histories.ts';
import { elementsOf, parsePage, withClass } from './page.ts';

const plan = everything();
const attempt = (task: string, rest: object = {}) =>
  ({ type: 'attempt-started', task, attempt: 1, ...rest }) as UntimedEvent;
const done = (task: string, bytesOut: number, rest: object = {}) =>
  ({ type: 'attempt-succeeded', task, attempt: 1, durationMs: 1000, bytesIn: 0, bytesOut, ...rest }) as UntimedEvent;

function pageOf(events: readonly RunEvent[], of = plan) {
  return parsePage(renderReport(of, historyOf(of, events), undefined, '2026-11-21T11:00:00.000Z'));
}

const succeeded = timed([
  started(plan),
  attempt('list'),
  done('list', 500),
  { type: 'chunks-started', task: 'draw', count: 1 },
  attempt('draw', { chunks: ['a'] }),
  done('draw', 3000, { chunks: ['a'] }),
  attempt('draw', { gather: true }),
  done('draw', 3000, { gather: true, released: { 'list.parts': 500 } }),
  attempt('count'),
  { type: 'attempt-failed', task: 'count', attempt: 1, durationMs: 1, error: { name: 'Flaky', message: 'not today' } },
  attempt('count', { attempt: 2 }),
  done('count', 20, { attempt: 2, released: { 'draw.rows': 3000 } }),
  { type: 'cleanup-started' },
  { type: 'cleanup-ended', done: true, left: 0 },
  { type: 'execution-ended', status: 'SUCCEEDED' },
  { type: 'run-ended', result: resultOf(plan) },
]);

describe('the report of any run', () => {
  const page = pageOf(succeeded);
  const names = plan.functions.map(({ name }) => name);

  it('has every task and hook in its graph, its timeline and its table', () => {
    const drawn = [...withClass(page, 'node'), ...withClass(page, 'step')].map((one) => one.text);
    const rows = (table: string) =>
      withClass(page, table).flatMap((one) => elementsOf(one, ({ attributes }) => attributes['scope'] === 'row'));
    for (const name of names) {
      expect(
        drawn.some((text) => text.includes(name)),
        name,
      ).toBe(true);
      for (const table of ['timeline', 'tasks'])
        expect(
          rows(table).some(({ text }) => text.includes(name)),
          name,
        ).toBe(true);
    }
  });

  it('links to nothing that is not in it', () => {
    const ids = elementsOf(page).flatMap(({ attributes: { id } }) => id ?? []);
    const hrefs = elementsOf(page, ({ name }) => name === 'a' || name === 'use').map(
      ({ attributes }) => attributes['href'] ?? '',
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(hrefs.length).toBeGreaterThan(names.length);
    expect(hrefs.filter((href) => !href.startsWith('#') || !ids.includes(href.slice(1)))).toEqual([]);
  });

  it('needs nothing from outside, has no script, and allows none but its own style', () => {
    expect(
      elementsOf(page, ({ name }) => ['script', 'iframe', 'img', 'object', 'form', 'base'].includes(name)),
    ).toEqual([]);
    expect(
      elementsOf(page)
        .flatMap(({ attributes }) => Object.keys(attributes))
        .filter((name) => /^(on|style$|src)/.test(name)),
    ).toEqual([]);
    const hash = createHash('sha256').update(STYLE).digest('base64');
    expect(STYLE_HASH).toBe(hash);
    expect(STYLE).not.toMatch(/url\((?!#)|@import/);
    const [policy] = elementsOf(page, ({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy');
    expect(policy?.attributes['content']).toMatch(/^default-src 'none'; /);
    expect(policy?.attributes['content']).not.toContain('unsafe');
  });

  it('says how the run went in its heading, as a word and a sign', () => {
    const [verdict] = withClass(page, 'verdict');
    expect(verdict?.text.trim()).toBe('succeeded');
    expect(elementsOf(verdict ?? page, ({ name }) => name === 'use')[0]?.attributes['href']).toBe('#sign-SUCCEEDED');
  });

  it('draws what was held from zero to zero, and says the peak', () => {
    const [outline] = withClass(page, 'outline');
    const numbers = [...(outline?.attributes['d'] ?? '').matchAll(/-?[\d.]+/g)].map(Number);
    expect([numbers.at(0), numbers.at(1)]).toEqual([0, 149]);
    expect([numbers.at(-2), numbers.at(-1)]).toEqual([1000, 149]);
    expect(page.text).toContain('At most 3.5 kB');
  });

  it('draws an attempt that failed apart, and tells its error', () => {
    expect(withClass(page, 'bar').filter(({ attributes }) => attributes['class']?.includes('is-failed'))).toHaveLength(
      1,
    );
    expect(page.text).toContain('not today');
  });
});

describe('the report of a run that failed', () => {
  const events = timed([
    started(plan),
    attempt('list'),
    {
      type: 'attempt-failed',
      task: 'list',
      attempt: 1,
      durationMs: 1,
      error: { name: 'Broken', message: 'line one\n  line two' },
    },
    {
      type: 'run-ended',
      result: resultOf(plan, {
        status: 'FAILED',
        error: { name: 'TaskFailed', message: 'list failed' },
        tasks: Object.fromEntries(
          plan.tasks.map(({ name }) => [name, { status: name === 'list' ? 'FAILED' : 'SKIPPED', retriesUsed: 0 }]),
        ),
        released: { objects: 0, bytes: 0, left: 2 },
        keptUntil: '2026-11-22T10:00:00.000Z',
      }),
    },
  ]);

  it('says because of whom tasks were skipped', () => {
    expect(pageOf(events).text).toContain('load was skipped, because list failed.');
  });

  it('has errors as they were told, line by line', () => {
    expect(withClass(pageOf(events), 'message').map(({ text }) => text)).toContain('line one\n  line two');
  });

  it('says how to go on with what is kept', () => {
    expect(pageOf(events).text).toContain('npx ebbtide resume everything r1');
  });

  it('has a very long error whole, folded up', () => {
    const message = `${'x'.repeat(50_000)} the end`;
    const long = timed([
      started(plan),
      attempt('list'),
      { type: 'attempt-failed', task: 'list', attempt: 1, durationMs: 1, error: { name: 'Broken', message } },
    ]);
    const [cut, whole] = withClass(pageOf(long), 'message').map(({ text }) => text);
    expect(cut).toHaveLength(2000);
    expect(whole).toBe(message);
  });
});

describe('the report of a run that was aborted', () => {
  const page = pageOf(
    timed([
      started(plan),
      attempt('list'),
      { type: 'execution-ended', status: 'ABORTED', error: { name: 'Aborted', message: 'by hand' } },
      attempt('close', { hook: 'finally' }),
      done('close', 0, { hook: 'finally' }),
      {
        type: 'run-ended',
        result: resultOf(plan, {
          status: 'ABORTED',
          succeeded: 0,
          tasks: {},
          released: { objects: 1, bytes: 1, left: 1 },
        }),
      },
    ]),
  );

  it('draws where its execution was ended, and what its finalizer did behind that', () => {
    expect(withClass(page, 'is-stopped').filter(({ name }) => name === 'rect')).toHaveLength(1);
    expect(new Set(withClass(page, 'cut-off').map(({ attributes }) => attributes['x1']))).toEqual(new Set(['40%']));
    expect(page.text).toContain('what comes behind it is its finalizer’s');
  });

  it('says what could not be deleted', () => {
    expect(page.text).toContain('1 intermediate object is still there.');
  });
});

describe('the report of a run that goes on', () => {
  it('says so, and draws it up to now', () => {
    const page = pageOf(succeeded.slice(0, 5));
    expect(withClass(page, 'verdict')[0]?.text).toContain('running, so far');
    expect(page.text).toContain('At work: draw.');
  });

  it('is there before anything has begun', () => {
    expect(pageOf(succeeded.slice(0, 1)).text).toContain('Nothing of it has begun yet.');
  });
});

it('a graph of very many tasks is drawn whole, wave by wave', () => {
  const graph = new TaskGraph('wide');
  const names = Array.from({ length: 400 }, (_, index) => `t-${index}`);
  for (const [index, name] of names.entries()) {
    const inputs =
      index < 20 ? {} : { a: ref(`t-${index - 20}.part`), b: ref(`t-${20 * Math.floor(index / 20) - 1}.part`) };
    graph.addTask(name, { inputs, outputs: { part: json() } });
  }
  const wide = graph.build();
  const page = pageOf(timed([started(wide)]), wide);
  const corners = withClass(page, 'card').map(({ attributes: { x, y } }) => `${x} ${y}`);
  expect([withClass(page, 'node').length, new Set(corners).size]).toEqual([400, 400]);
});

describe('what comes from outside', () => {
  const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(2)>\u0000\u001b[31m\u202e &amp; -->]]>`;

  it('is only ever text', () => {
    const odd = new Plan(
      hostile,
      plan.tasks.map((task) => ({ ...task, name: `${task.name}${hostile}`, dependencies: [] })),
    );
    const events = timed([
      {
        type: 'run-started',
        pipeline: hostile,
        run: hostile,
        input: { [hostile]: hostile },
        tasks: odd.tasks.map(({ name }) => name),
        folder: `/tmp/${hostile}`,
      },
      ...odd.tasks.flatMap(({ name }) => [
        attempt(name),
        {
          type: 'attempt-failed',
          task: name,
          attempt: 1,
          durationMs: 1,
          error: { name: hostile, message: hostile },
        } as const,
      ]),
      { type: 'denied', denial: { who: hostile, role: hostile, action: hostile, resource: hostile, message: hostile } },
    ]);
    const logs = Object.fromEntries(
      odd.tasks.map(({ name }) => [name, { text: hostile, url: `https://x/${hostile}` }]),
    );
    const page = parsePage(renderReport(odd, historyOf(odd, events), { logs, execution: hostile }));
    expect(elementsOf(page, ({ name }) => name === 'script' || name === 'img')).toEqual([]);
    expect(page.text).toContain('<script>alert(1)</script>');
    for (const sign of ['\u0000', '\u001b', '\u202e']) expect(page.text).not.toContain(sign);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'http://plain.example/',
    ' jAvascript:alert(1)',
    '//other.example/',
    'vbscript:x',
  ])('is no link where it is %s', (url) => {
    const history = historyOf(plan, succeeded);
    const page = parsePage(
      renderReport(plan, history, { execution: url, finalizer: url, logs: { list: { text: 'the log', url } } }),
    );
    const hrefs = elementsOf(page, ({ name }) => name === 'a').map(({ attributes }) => attributes['href'] ?? '');
    expect(hrefs.filter((href) => !href.startsWith('#'))).toEqual([]);
  });

  it('is a link where it is an https URL or the path of a file', () => {
    const links = { execution: 'https://console.example/?a=1&b=2', logs: { list: { text: '/runs/a b/list#1.log' } } };
    const page = parsePage(renderReport(plan, historyOf(plan, succeeded), links));
    const hrefs = elementsOf(page, ({ name }) => name === 'a').map(({ attributes }) => attributes['href']);
    expect(hrefs).toEqual(
      expect.arrayContaining(['https://console.example/?a=1&b=2', 'file:///runs/a%20b/list%231.log']),
    );
  });
});

const GEOMETRY = ['x', 'y', 'width', 'height', 'd', 'x1', 'x2', 'y1', 'y2', 'viewBox'];

describe('any events at all', () => {
  it('make a well-formed page, without a number that is none', () => {
    fc.assert(
      fc.property(anyEvents(plan), (events) => {
        const page = pageOf(events);
        for (const { attributes } of elementsOf(page)) {
          for (const [name, value] of Object.entries(attributes)) {
            if (GEOMETRY.includes(name)) expect(value).not.toMatch(/NaN|Infinity|undefined/);
            if (name === 'width' || name === 'height') expect(Number.parseFloat(value)).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
