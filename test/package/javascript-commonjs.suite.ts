import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsOf, MINUTES, RESULT, reportOf, resultIn } from './claims.ts';
import { run, succeed } from './command.ts';

describe('the app of docs/library.md in JavaScript as CommonJS, with the lowest CDK', MINUTES, () => {
  // An empty package is in place of what decides.
  const app = claimsOf('javascript-commonjs', { permissionsChecked: false });

  it('is planned by `npx ebbtide plan sales`', async () => {
    expect(await succeed(app, 'npx', 'ebbtide', 'plan', 'sales')).toContain('sales: 3 tasks in 3 waves');
  });

  it('is run by a script with runLocally', async () => {
    const result = resultIn(await succeed(app, 'node', 'run.js'));
    expect(result).toMatchObject(RESULT);
    expect(reportOf(app, 'runs', result.run)).toEqual({ Oslo: 4900 });
  });

  it('can require every entry of the package', async () => {
    const { exports } = JSON.parse(readFileSync(join(app, 'node_modules/ebbtide/package.json'), 'utf8'));
    const names = Object.keys(exports).map((entry) => entry.replace('.', 'ebbtide'));
    // Which fails for a module that awaits at its top level, or imports one that does.
    const script = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(require(name)).length > 0)`;
    const stdout = await succeed(app, 'node', '--eval', script);
    expect(stdout.trim().split('\n')).toEqual(names.map((name) => `${name} true`));
  });

  it('runs its handlers as plain functions without CDK', async () => {
    const script = `const { runLocally } = require('ebbtide/local');
      const { plan } = require('./lib/sales/graph.js');
      const handlers = Object.fromEntries(['list', 'read', 'total', 'close'].map((name) => [name, require('./lib/sales/' + name + '.js').handler]));
      runLocally(plan, { handlers, dir: 'runs' }).then((result) => console.log(JSON.stringify(result)));`;
    const cdk = join(app, 'node_modules/aws-cdk-lib');
    renameSync(cdk, `${cdk}-away`);
    try {
      expect(resultIn(await succeed(app, 'node', '--eval', script))).toMatchObject(RESULT);
    } finally {
      renameSync(`${cdk}-away`, cdk);
    }
  });

  it('is refused by an older Node, which is told why', async () => {
    const { code, stderr } = await run(
      app,
      process.env['EBBTIDE_TEST_OLD_NODE'] ?? '',
      'node_modules/ebbtide/dist/cli/main.js',
      'run',
      'sales',
    );
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^NodeTooOld: ebbtide needs Node\.js 24 or later/),
    });
  });
});
