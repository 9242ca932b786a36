/** `ebbtide init` in an app that is there already. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { run, succeed } from './command.ts';

interface Answer {
  readonly files: readonly string[];
  readonly changes: readonly string[];
  readonly next: readonly { readonly command: string }[];
  readonly app: { readonly file: string; readonly lines: readonly [string, string] };
  readonly deploy: readonly { readonly command: string }[];
}

/** @param changes what it changes of the app's files */
export function initClaims(
  app: string,
  changes: readonly string[],
  { typesAreCheckedLater = false }: { readonly typesAreCheckedLater?: boolean } = {},
): void {
  const read = (path: string) => readFileSync(join(app, path), 'utf8');
  let answer: Answer | undefined;
  const manifest = read('package.json');
  afterAll(() => writeFileSync(join(app, 'package.json'), manifest));

  it('gets another pipeline by `npx ebbtide init orders`, whose next steps all work as they are printed', async () => {
    const made: Answer = JSON.parse(await succeed(app, 'npx', 'ebbtide', 'init', 'orders', '--json'));
    answer = made;
    expect(made.changes).toEqual(changes);
    const commands = made.next.map(({ command }) => command);
    expect(commands).toContain('npx tsc --noEmit');
    for (const command of commands) {
      if (typesAreCheckedLater && command.includes('tsc')) continue;
      await succeed(app, 'bash', '-c', command);
    }
  });

  it('has it in its app with the two lines that were printed', async () => {
    const { file = '', lines } = answer?.app ?? {};
    const before = read(file);
    const [imported, made] = lines ?? [];
    // As somebody does it whose app is in no variable yet.
    const withApp = before.replace(/new (\w+Stack)\(new cdk\.App\(\)/, 'const app = new cdk.App();\nnew $1(app');
    try {
      writeFileSync(join(app, file), `${withApp}\n${imported}\n${made}\n`);
      for (const { command } of answer?.deploy.slice(0, 1) ?? []) await succeed(app, 'bash', '-c', command);
      expect(read('cdk.out/Orders.template.json')).toContain('"ScheduleExpression": "cron(0 6 * * ? *)"');
    } finally {
      writeFileSync(join(app, file), before);
    }
  });

  it('is not overwritten by a second `ebbtide init`', async () => {
    const { code, stderr } = await run(app, 'npx', 'ebbtide', 'init', 'orders');
    expect(code).toBe(2);
    for (const file of answer?.files ?? ['an answer']) if (file !== '.gitignore') expect(stderr).toContain(file);
  });
}
