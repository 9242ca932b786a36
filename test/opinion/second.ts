/** Stands in for `local/interpreter.ts` in a test file: what runs on it there runs on the second engine. */

import { afterAll } from 'vitest';
import { SecondEngine } from './engine.ts';

const engine = new SecondEngine();
afterAll(() => engine.stop());

export const interpret: SecondEngine['interpret'] = (definition, options) => engine.interpret(definition, options);
