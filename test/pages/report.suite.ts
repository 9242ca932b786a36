/** Reports as they are seen. `EBBTIDE_SCREENSHOTS` names a folder for pictures of them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Look, openPage, startBrowser, violationsOf } from './browser.ts';
import { CONSOLE, failure, HUNDRED, hundredTasks, manyChunks, onAws, running, type Scene, success } from './scenes.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebbtide-pages-'));
const runs = join(folder, 'runs');
const screenshots = process.env['EBBTIDE_SCREENSHOTS'];
const SCENES = ['success', 'failure', 'chunks', 'hundred', 'running', 'aws'] as const;
const LOOKS: readonly Look[] = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
];
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

let browser: Browser;
let scenes: Readonly<Record<(typeof SCENES)[number], Scene>>;

beforeAll(async () => {
  browser = await startBrowser();
  // One after the other: they use the machine whole.
  const first = { success: await success(runs), failure: await failure(runs), chunks: await manyChunks(runs) };
  scenes = { ...first, hundred: await hundredTasks(runs), running: running(runs), aws: onAws(runs) };
}, 300_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(name: (typeof SCENES)[number], look: Look = { width: 1280, colorScheme: 'light' }) {
  return openPage(browser, folder, name, scenes[name].html, look);
}

async function withPage(name: (typeof SCENES)[number], look: (page: Page) => Promise<void>): Promise<void> {
  const { page } = await open(name);
  try {
    await look(page);
  } finally {
    await page.close();
  }
}

// The picture in the README: as far as the data held.
afterAll(async () => {
  if (!screenshots) return;
  const { page } = await open('success', { width: 1160, colorScheme: 'light' });
  const end: number = await page.locator('figure.held .chart').evaluate((part) => part.getBoundingClientRect().bottom);
  const clip = { x: 0, y: 0, width: 1160, height: Math.ceil(end) };
  await page.screenshot({ path: join(screenshots, 'report.png'), fullPage: true, clip });
  await page.close();
});

describe.each(SCENES)('the report of %s', (name) => {
  it.each(LOOKS)(
    'is whole at $width pixels, $colorScheme, and asks for nothing',
    async (look) => {
      const { page, asked, complaints } = await open(name, look);
      if (screenshots) {
        await page.screenshot({
          path: join(screenshots, `${name}-${look.width}-${look.colorScheme}.png`),
          fullPage: true,
        });
      }
      const width = await page.evaluate('document.documentElement.scrollWidth');
      const ground = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      await page.close();
      expect(asked).toEqual([]);
      expect(complaints).toEqual([]);
      expect(width).toBe(look.width);
      expect(ground).toBe(look.colorScheme === 'dark' ? 'rgb(12, 22, 27)' : 'rgb(243, 247, 248)');
      expect(await violationsOf(browser, join(folder, `${name}.html`), look)).toEqual([]);
    },
    180_000,
  );

  it('has every task in its graph, its timeline and its table, with its status as a word', () =>
    withPage(name, async (page) => {
      const { plan } = scenes[name];
      expect(await page.locator('a.node').count()).toBe(plan.taskCount);
      expect(await page.locator('a.step').count()).toBe(plan.hooks.length + 1);
      expect(await page.locator('table.tasks tbody tr[id]').count()).toBe(plan.functions.length + 1);
      expect(await page.locator('table.timeline tbody th a').count()).toBe(plan.functions.length + 1);
      const words = /succeeded|failed|skipped|omitted|running|retrying|waiting/;
      for (const text of await page.locator('a.node').allTextContents()) expect(text).toMatch(words);
    }));

  it('can be walked by keyboard: each task of the graph, and from it to its row', () =>
    withPage(name, async (page) => {
      const reached = await page.locator('a.node').evaluateAll((nodes) => {
        const isReached = (node: (typeof nodes)[number]) => {
          node.focus();
          return node.matches(':focus');
        };
        return nodes.filter(isReached).length;
      });
      expect(reached).toBe(scenes[name].plan.taskCount);
      const seen: (string | null)[] = [];
      await page.evaluate('document.activeElement.blur()');
      while (seen.length < 40 && !seen.at(-1)?.startsWith('#task-')) {
        await page.keyboard.press('Tab');
        seen.push(String(await page.evaluate('document.activeElement.getAttribute("href")')));
      }
      const target = seen.at(-1) ?? '';
      expect(target).toMatch(/^#task-\d+$/);
      await page.keyboard.press('Enter');
      await expect.poll(() => page.evaluate('location.hash')).toBe(target);
      await expect
        .poll(() => page.locator(target).evaluate((row) => row.getBoundingClientRect().top))
        .toBeLessThan(900);
    }));

  it('says its status in words at the top, and has one heading of the first order', () =>
    withPage(name, async (page) => {
      expect(await page.locator('h1').count()).toBe(1);
      expect((await page.locator('.verdict').innerText()).trim()).not.toBe('');
      expect(await page.title()).toContain(scenes[name].plan.pipeline);
    }));
});

/** Of a path of steps, as d3 writes it: `M0,149L13,149L13,8`. */
function heightsOf(path: string): number[] {
  return [...path.matchAll(/[ML][\d.]+,([\d.]+)/g)].map(([, y]) => Number(y));
}

describe('what was held', () => {
  it.each(['success', 'chunks', 'hundred', 'aws'] as const)('rises, and is zero at the end: %s', (name) =>
    withPage(name, async (page) => {
      const path = (await page.locator('path.outline').getAttribute('d')) ?? '';
      const heights = heightsOf(path);
      expect(heights.at(-1)).toBe(149);
      expect(Math.min(...heights)).toBe(8);
    }),
  );
});

describe('the report of a failure', () => {
  it('says what failed, why, who was skipped because of it, and how to go on', () =>
    withPage('failure', async (page) => {
      const text = await page.locator('main').innerText();
      expect(text).toContain('injected into attempt 2');
      expect(text).toContain('merge-load was skipped, because aggregate failed');
      expect(await page.locator('.next').innerText()).toContain('npx ebbtide resume flights failure');
      expect(await page.locator('rect.bar.is-failed').count()).toBe(2);
    }));
});

describe('the report of 200 chunks', () => {
  it('draws each attempt at one, in lanes, and tells of those that failed', () =>
    withPage('chunks', async (page) => {
      const bars = page.locator('tr:has(a:text-is("draw")) rect.bar');
      expect(await bars.count()).toBeGreaterThan(200);
      const heights: string[] = await bars.evaluateAll((bars) => bars.map((bar) => bar.getAttribute('y')));
      const lanes = new Set(heights);
      expect(lanes.size).toBeLessThanOrEqual(24);
      expect(await page.locator('.problem').allInnerTexts()).toContainEqual(
        expect.stringContaining('tile 7 has no ground'),
      );
    }));
});

describe('the report of 100 tasks', () => {
  it('draws none over another, at its natural size in a box of its own', () =>
    withPage('hundred', async (page) => {
      const boxes: Box[] = await page.locator('a.node rect.card').evaluateAll((cards) =>
        cards.map((card) => {
          const { x, y, width, height } = card.getBBox();
          return { x, y, width, height };
        }),
      );
      expect(boxes).toHaveLength(HUNDRED);
      const overlaps = boxes.filter((a, i) =>
        boxes.some(
          (b, j) => i < j && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
        ),
      );
      expect(overlaps).toEqual([]);
    }));
});

describe('names in the graph', () => {
  it.each(SCENES)('stay inside of their nodes: %s', (name) =>
    withPage(name, async (page) => {
      const tooWide = await page.locator('a.node').evaluateAll((nodes) =>
        nodes.flatMap((node) => {
          const card = node.querySelector('.card').getBBox();
          return [...node.querySelectorAll('text')].flatMap((text) => {
            const { x, width } = text.getBBox();
            return x + width > card.x + card.width ? [text.textContent] : [];
          });
        }),
      );
      expect(tooWide).toEqual([]);
    }),
  );
});

describe('the report of a run on AWS', () => {
  it('links to the console and to logs, and opens nothing by itself', () =>
    withPage('aws', async (page) => {
      expect(await page.getByRole('link', { name: 'execution in the console' }).getAttribute('href')).toBe(CONSOLE);
      expect(await page.getByRole('link', { name: 'log of extract' }).getAttribute('href')).toBe(`${CONSOLE}/extract`);
    }));
});
