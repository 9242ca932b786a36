/** Gives each test file a temporary folder of its own, and fails the file if anything of ours is left in it. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const shared = tmpdir();
const own = mkdtempSync(join(shared, 'ebbtide-tests-'));
process.env['TMPDIR'] = own;

/** The first to be registered, so the last to run. */
afterAll(() => {
  process.env['TMPDIR'] = shared;
  const left = readdirSync(own).filter((name) => /^(ebbtide-|cdk)/.test(name));
  rmSync(own, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`left in the temporary folder: ${left.join(', ')}`);
});
