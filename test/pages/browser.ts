/** Chromium without a screen, a page of it that has no network, and what is asked of every page. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

export const CHROMIUM = '/usr/bin/chromium';

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: QUIET });
}

export interface Opened {
  readonly page: Page;
  /** What it asked of a network, and what it complained of. */
  readonly asked: readonly string[];
  readonly complaints: readonly string[];
}

export interface Look {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

/** @param folder where the page is written to */
export async function openPage(
  browser: Browser,
  folder: string,
  name: string,
  html: string,
  look: Look,
): Promise<Opened> {
  const { width, colorScheme } = look;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: false });
  const asked: string[] = [];
  const complaints: string[] = [];
  await page.route(/^(?!file:)/, (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  await page.goto(pathToFileURL(file).href);
  return { page, asked: asked.filter((url) => !url.startsWith('data:')), complaints };
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** What axe finds fault with. It needs a page of which the policy allows it: one that is not otherwise looked at. */
export async function violationsOf(browser: Browser, file: string, { width, colorScheme }: Look): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
  try {
    await page.goto(pathToFileURL(file).href);
    await page.addScriptTag({ path: AXE });
    const { violations } = await page.evaluate<AxeResults>('axe.run()');
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
    );
  } finally {
    await page.close();
  }
}
