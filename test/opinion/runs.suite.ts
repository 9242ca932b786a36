/** Whole runs, with the real harness and S3, on the second engine: what is expected of ours is expected of it. */

import { vi } from 'vitest';

vi.mock('../../local/interpreter.ts', () => import('./second.ts'));

await import('../local/injected-failures.test.ts');
await import('../local/hooks.test.ts');
await import('../local/resume.test.ts');
await import('../local/abort.test.ts');
