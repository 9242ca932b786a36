/** What the execution's input asks of a handler before its own work. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { TidesInput } from './pipeline.ts';

export async function asTold(
  name: string,
  context: { readonly input: unknown; readonly attempt: number },
): Promise<void> {
  const { fail = [], failOnce = [], wait = {} } = context.input as TidesInput;
  await sleep(wait[name] ?? 0);
  if (fail.includes(name) || (failOnce.includes(name) && context.attempt === 1)) {
    throw Object.assign(new Error(`${name} was told to fail`), { name: 'ToldToFail' });
  }
}
