import { describe, expect, it } from 'vitest';
import { claimsOf, MINUTES } from './claims.ts';
import { run, succeed } from './command.ts';
import { initClaims } from './init.ts';

describe('the app of docs/library.md in TypeScript as ES modules', MINUTES, () => {
  const app = claimsOf('typescript-esm', { permissionsChecked: true });

  initClaims(app, [], { typesAreCheckedLater: true });

  it('type-checks under the strictest settings, with the types of the library', async () => {
    const { stdout } = await run(app, 'npx', 'tsc', '-p', '.');
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    // CDK's own types are not made for exactOptionalPropertyTypes.
    expect(errors.filter((line) => !line.startsWith('node_modules/aws-cdk-lib/'))).toEqual([]);
  });

  it('is run by a script with runLocally, which denies what AWS would: reading what another task wrote', async () => {
    const lines = (await succeed(app, 'npx', 'tsx', 'reach.ts')).trim().split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^task "reach" \(role \w+\) may not s3:GetObject on arn:aws:s3:::runs\/runs\/reaching\/\S+\/other\/\S+\/secret: no statement of its role allows it/,
      ),
    );
    expect(lines.at(-1)).toBe('SUCCEEDED');
  });
});
