/** The rules by example, on the second engine. */

import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';

vi.mock('../../local/interpreter.ts', () => import('./second.ts'));
/** Who is first there is told in turns of the event loop, in which this engine gets nowhere. */
vi.mock('node:timers/promises', async (actual) => ({
  ...(await actual<typeof import('node:timers/promises')>()),
  setImmediate: () => sleep(10),
}));

await import('../semantics/examples.test.ts');
