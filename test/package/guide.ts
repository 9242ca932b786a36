/** docs/first-pipeline.md as what it tells: sections of commands, of what they print, and of code to write into files. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { REPO } from './apps.ts';
import { type Ended, run } from './command.ts';

export interface Section {
  readonly title: string;
  readonly blocks: readonly { readonly language: string; readonly code: string }[];
}

export const CHECKOUT = '# in the checkout';
export const ACCOUNT = '# with an AWS account';

export function sections(): Section[] {
  const page = readFileSync(join(REPO, 'docs/first-pipeline.md'), 'utf8');
  return page.split(/^## /m).map((part) => ({
    title: part.slice(0, part.indexOf('\n')),
    blocks: [...part.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language = '', code = '']) => ({ language, code })),
  }));
}

/** A reader of the page: has a folder, and remembers what the last commands printed. */
export class Reader {
  #folder: string;
  #printed = '';
  #run = '';

  constructor(folder: string) {
    this.#folder = folder;
  }

  get folder(): string {
    return this.#folder;
  }

  /** @param tarball in place of the one that the page names */
  async follow({ blocks }: Section, tarball: string): Promise<void> {
    for (const { language, code } of blocks) {
      if (language === 'ts') this.#write(code);
      else if (language === 'text') this.#compare(code);
      else if (!code.startsWith(CHECKOUT) && !code.startsWith(ACCOUNT)) await this.#type(code, tarball);
    }
  }

  change(path: string, from: string, to: string): void {
    const file = join(this.#folder, path);
    const before = readFileSync(file, 'utf8');
    expect(before).toContain(from);
    writeFileSync(file, before.replace(from, to));
  }

  /** A file that is new or begins with its imports is all there; else the code is in it already, or is added to it. */
  #write(block: string): void {
    const [, path = '', code = ''] = /^\/\/ (\S+)\n(.*)/s.exec(block) ?? [];
    const file = join(this.#folder, path);
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (!before.includes(code.trim())) writeFileSync(file, addedTo(before, code, path));
  }

  async #type(commands: string, tarball: string): Promise<void> {
    this.#printed = '';
    for (const line of commands.trim().split('\n')) {
      const made = /^mkdir (\w+) && cd \1$/.exec(line)?.[1];
      if (made) {
        this.#folder = join(this.#folder, made);
        mkdirSync(this.#folder, { recursive: true });
        continue;
      }
      const command = line.replace(/~\/\S+\.tgz/, tarball).replace('<run>', this.#run);
      const ended = await run(this.#folder, 'bash', '-c', command);
      this.#printed += ended.stdout;
      this.#run = /ebbtide resume sales (\S+)/.exec(ended.stdout)?.[1] ?? this.#run;
      if (line.endsWith('# fails')) expect(ended, line).not.toMatchObject({ code: 0 });
      else expect(ended, line).toMatchObject({ code: 0 } satisfies Partial<Ended>);
    }
  }

  /** Each line is printed, but for figures that are never twice the same. */
  #compare(text: string): void {
    const printed = alike(this.#printed);
    for (const line of text.trim().split('\n')) expect(printed).toContain(alike(line).trim());
  }
}

function alike(text: string): string {
  return text.replace(/\d+(\.\d+)? (s|B|kB|objects)\b/g, '# $2').replace(/ +/g, ' ');
}

function addedTo(before: string, code: string, path: string): string {
  if (path.endsWith('.test.ts')) return `${before}\n${code}`;
  if (before === '' || code.startsWith('import ')) return code;
  const plan = 'export const plan';
  expect(before, `${path} has the code of the page, or a plan before which it goes`).toContain(plan);
  return before.replace(plan, `${code}\n${plan}`);
}
