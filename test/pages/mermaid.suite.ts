/**
 * What `ebbtide plan --mermaid` prints is drawn by Mermaid itself, in Chromium: each name and each label stands in the
 * drawing as it stands in the graph. Mermaid is installed from npm for this alone.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderMermaid } from '../../cli/render/plan/mermaid.ts';
import {
  anyOf,
  chunks,
  fromInput,
  fromOutput,
  json,
  optional,
  type Plan,
  TaskGraph,
} from '../../state-machines/index.ts';
import { plan as flights } from '../../state-machines/pipelines/flights.ts';
import { startBrowser } from './browser.ts';

const VERSION = '12.3.0';

const folder = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
const isThere = install();
let browser: Browser;
let page: Page;

/** @returns whether npm could; where it could not, that is a failure in CI only */
function install(): boolean {
  const options = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  try {
    execFileSync('npm', [...options, `mermaid@${VERSION}`], { stdio: 'pipe', timeout: 300_000 });
    return true;
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(`skipped: mermaid@${VERSION} cannot be installed\n`);
    return false;
  }
}

beforeAll(async () => {
  if (!isThere) return;
  browser = await startBrowser();
  page = await browser.newPage();
  await page.setContent('<!doctype html><body></body>');
  await page.addScriptTag({ path: join(folder, 'node_modules/mermaid/dist/mermaid.min.js') });
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Drawing {
  readonly nodes: readonly string[];
  readonly edges: number;
  readonly labels: readonly string[];
}

/** Drawn as GitHub does: without scripts, and with HTML only as far as it is harmless. */
async function drawn(text: string): Promise<Drawing> {
  return page.evaluate(async (source) => {
    // biome-ignore lint/suspicious/noExplicitAny: what the script on the page leaves there
    const { mermaid, document } = globalThis as any;
    mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' });
    const { svg } = await mermaid.render(`drawing-${Math.round(performance.now() * 1000)}`, source);
    const body = document.body;
    body.innerHTML = svg;
    for (const br of body.querySelectorAll('br')) br.replaceWith('\n');
    const texts = (selector: string): string[] =>
      [...body.querySelectorAll(selector)]
        .map(({ textContent }) => String(textContent).trim().replaceAll('\u2060', ''))
        .filter((label) => label !== '');
    return {
      nodes: texts('.node .nodeLabel').toSorted(),
      edges: body.querySelectorAll('path.flowchart-link').length,
      labels: texts('.edgeLabels .edgeLabel .label').toSorted(),
    };
  }, text);
}

describe.skipIf(!isThere)('Mermaid draws', () => {
  it('flights, with its data on its edges', async () => {
    expect(await drawn(renderMermaid(flights))).toEqual({
      nodes: ['aggregate', 'enrich', 'extract\nfor each chunk, 4 at once', 'merge-load', 'split'],
      edges: 6,
      labels: ['agg', 'each of rowGroups', 'enriched', 'intake', 'raw', 'raw'],
    });
  });

  it('names that are words of its own, and conditions full of its signs, as they stand in the graph', async () => {
    const nasty = '"]; end\n`<b>`%%{init}%%#35;|&amp;é日本<script>';
    const { nodes, labels } = await drawn(renderMermaid(nastyPlan(nasty)));
    expect(nodes).toEqual(
      [
        'end',
        `subgraph\nwhen input.a is ${JSON.stringify(nasty)} or end.stats.rows < 1`,
        'class\nfor each chunk, 1000 at once, in executions of their own',
        'alarm\nwhen a task has failed',
        'style\nafter the tasks of the group click, where one of them has run',
        'graph\nwhen the execution has ended',
      ].toSorted(),
    );
    expect(labels).toEqual(
      ['more (optional), stats.rows (condition)', 'each of days', 'stats (optional)', 'then'].toSorted(),
    );
  });

  it('a graph of 100 tasks', async () => {
    const graph = new TaskGraph('hundred');
    for (let index = 0; index < 100; index++) {
      graph.addTask(`task-${index}`);
      if (index >= 10) graph.addDependency(`task-${index - 10}`, `task-${index}`);
    }
    const { nodes, edges } = await drawn(renderMermaid(graph.build()));
    expect([nodes.length, edges]).toEqual([100, 90]);
  });
});

function nastyPlan(text: string): Plan {
  const graph = new TaskGraph('default');
  const end = graph.addTask('end', { outputs: { stats: json<{ rows: number }>(), more: json(), days: chunks() } });
  const { stats, more, days } = end.outputs;
  graph.addTask('subgraph', {
    inputs: { more: optional(more) },
    when: anyOf(fromInput('a').equals(text), fromOutput(stats, 'rows').lessThan(1)),
  });
  const group = graph.group('click');
  group.addTask('class', { each: days, maxConcurrency: 1_000 });
  group.addFinallyTask('style');
  graph.addDependency('subgraph', 'class');
  graph.addErrorsTask('alarm', { inputs: { stats } });
  graph.addAfterExecutionTask('graph');
  return graph.build();
}
