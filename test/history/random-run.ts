/** Real runs of random pipelines: the harness, S3 and the cleanup, with handlers that do as a behaviour says. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunEvent } from '../../history/events.ts';
import { type RunLocallyOptions, runLocally } from '../../local/index.ts';
import type { Plan, RunResult } from '../../state-machines/index.ts';
import type { Case } from '../semantics/arbitraries.ts';
import { planOf } from '../semantics/spec.ts';

// biome-ignore lint/suspicious/noExplicitAny: a handler of any task
type Handler = (context: any) => unknown;

export interface RandomRun {
  readonly plan: Plan;
  readonly events: readonly RunEvent[];
  readonly result: RunResult;
}

let runs = 0;

export async function runRandom({ spec, behaviour }: Case, dir: string): Promise<RandomRun> {
  const plan = planOf(spec);
  const events: RunEvent[] = [];
  const handlers = Object.fromEntries(
    plan.functions.map(({ name, outputs }): [string, Handler] => [
      name,
      async (context) => {
        for (let turn = behaviour.turns?.[name] ?? 0; turn > 0; turn--) await nextTurn();
        if (behaviour.failing?.has(name)) throw new Error(`"${name}" went wrong`);
        if ('data' in outputs) await context.outputs.data.write(behaviour.data?.[name] ?? {});
      },
    ]),
  );
  const result = await runLocally(plan, {
    handlers: handlers as RunLocallyOptions['handlers'],
    dir,
    run: `r${runs++}`,
    input: behaviour.input ?? {},
    waits: 'none',
    onProgress: (event) => events.push(event),
  });
  return { plan, events, result };
}
