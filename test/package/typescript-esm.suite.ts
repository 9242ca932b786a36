import { describe, expect, it } from 'vitest';
import { claimsOf, MINUTES, RESULT, reportOf, resultIn } from './claims.ts';
import { run, succeed } from './command.ts';

describe('the app of docs/library.md in TypeScript as ES modules', MINUTES, () => {
  const app = claimsOf('typescript-esm');

  it('type-checks under the strictest settings, with the types of the library', async () => {
    const { stdout } = await run(app, 'npx', 'tsc', '-p', '.');
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    // CDK's own types are not made for exactOptionalPropertyTypes.
    expect(errors.filter((line) => !line.startsWith('node_modules/aws-cdk-lib/'))).toEqual([]);
  });

  it('is run by a script with runLocally', async () => {
    const result = resultIn(await succeed(app, 'npx', 'tsx', 'run.ts'));
    expect(result).toMatchObject(RESULT);
    expect(reportOf(app, 'runs', result.run)).toEqual({ Oslo: 4900 });
  });

  it('is denied what AWS would deny: reading what another task wrote', async () => {
    const { code, stderr } = await run(app, 'npx', 'ebbtide', 'run', 'reaching', '--json');
    expect(stderr).toMatch(
      /denied: task "reach" \(role \w+\) may not s3:GetObject on arn:aws:s3:::runs\/runs\/reaching\/\S+\/other\/\S+\/secret: no statement of its role allows it/,
    );
    expect(stderr).not.toContain('permissions are not checked');
    expect(code).toBe(0);
  });
});
