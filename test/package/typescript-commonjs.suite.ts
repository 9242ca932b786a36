import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsOf, MINUTES } from './claims.ts';
import { run, succeed } from './command.ts';
import { initClaims } from './init.ts';

describe('the app of docs/library.md in what `cdk init` makes, TypeScript as CommonJS', MINUTES, () => {
  // Which type-checks first: the command in its cdk.json begins with `npx tsc`.
  const app = claimsOf('typescript-commonjs', { permissionsChecked: true });

  it('passes its own test, with the Jest of cdk init', async () => {
    const { code, stderr } = await run(app, 'npm', 'test');
    expect(stderr).toContain('Tests:       3 passed, 3 total');
    expect(code).toBe(0);
    expect(existsSync(join(app, '.ebbtide-test'))).toBe(false);
  });

  it('does not type-check where a handler writes what its task does not', async () => {
    const file = join(app, 'lib/sales/total.ts');
    const source = readFileSync(file, 'utf8');
    try {
      writeFileSync(file, source.replace('write(report)', 'write(42)'));
      const { stdout } = await run(app, 'npx', 'tsc', '-p', '.');
      expect(stdout).toMatch(/^lib\/sales\/total\.ts\(\d+,\d+\): error TS/m);
    } finally {
      writeFileSync(file, source);
    }
  });

  it('knows an error of use by its class, where tsx has made two of it', async () => {
    writeFileSync(
      join(app, 'wrong.ts'),
      `import { UsageError } from 'ebbtide';
       import { runLocally } from 'ebbtide/local';
       import { plan } from './lib/sales/graph';
       runLocally(plan, { handlers: 'nowhere' }).catch((error) => console.log(error instanceof UsageError, error.code));`,
    );
    expect(await succeed(app, 'npx', 'tsx', 'wrong.ts')).toBe('true HandlerMissing\n');
  });

  initClaims(app, ['.gitignore']);
});
