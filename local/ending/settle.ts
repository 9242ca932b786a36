/** From the end of an execution to the end of the process's work on it: the finalizer, the results, the notes. */

import type { ResultFile } from '../../history/events.ts';
import { finalizeOnce } from '../../lambdas/reaper/finalize-once.ts';
import type { Definition, State } from '../../state-machines/compiler/asl.ts';
import { resultIn } from '../../state-machines/contract/reported-result.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import { STATES } from '../../state-machines/contract/states.ts';
import { type ExecutionEnd, interpret } from '../interpreter.ts';
import { exportResults } from '../results.ts';
import { writeResult } from '../runs/run-folder.ts';
import type { Site } from '../site.ts';
import { observeAfterExecution } from './after-execution.ts';
import { observeCleanup } from './cleanup-answers.ts';
import { ExecutionsHere, stateOf } from './executions-here.ts';

export interface Settled {
  readonly result: RunResult;
  readonly results: readonly ResultFile[];
}

/**
 * Does what an execution left to do when it ended, as its finalizer would.
 *
 * @throws Error where the run could not be cleaned up; it can be tried again
 */
export async function settle(site: Site): Promise<Settled> {
  const { plan, folder, held, deployment, functions, s3 } = site;
  const running = site.running('finalizer');
  const { execution } = held.turn;
  const state = stateOf(folder, execution);
  const cleanup = observeCleanup(running.invoke);
  const after = observeAfterExecution(plan, functions, cleanup.invoke);
  const hasTasksAfter = Object.keys(after.results()).length > 0;
  const finalizer = (definition: Definition, input: unknown) =>
    interpret(definition, {
      ...running,
      invoke: after.invoke,
      name: execution.name,
      input,
      onState: noteCleanup(site),
    });

  // What still runs would go on writing under the cleanup's hands.
  if (state.status !== 'SUCCEEDED') await functions.kill();
  const executions = new ExecutionsHere(folder, execution);
  await finalizeOnce(execution.name, executions, { afterExecution: hasTasksAfter });
  const { toFinalize } = executions;
  const end = toFinalize && (await finalizer(withoutWaiting(deployment.finalizer), toFinalize));
  // A success has waited for its functions, but for those that it gave up.
  if (state.status === 'SUCCEEDED' && (await functions.kill())) {
    const { name, input } = execution;
    await finalizer(onlySweep(deployment.finalizer), { execution: name, input });
  }

  const result = cleanup.result() ?? resultIn(state.output ?? state.cause);
  if (!result) throw new Error(`the run ${folder.run} could not be cleaned up: ${inWords(end)}`);
  const { released, hooks } = result;
  const swept = cleanup.swept();
  const whole: RunResult = {
    ...result,
    status: state.status,
    ...(hasTasksAfter && { hooks: { ...hooks, ...after.results() } }),
    released: { ...released, objects: released.objects + swept.objects, bytes: released.bytes + swept.bytes },
  };
  const results = await exportResults(whole, s3.endpoint, deployment.buckets.results, folder.results);
  writeResult(folder, whole);
  held.note('over', { status: whole.status });
  return { result: whole, results };
}

/** Tells whoever comes after this process that no hook is left to run. */
export function noteCleanup({ held }: Pick<Site, 'held'>): (state: string) => void {
  let noted = false;
  return (state) => {
    if (noted || (state !== STATES.cleanup && state !== STATES.cleanupFromRecords)) return;
    noted = true;
    held.note('cleanup');
  };
}

/** Here, what still runs has been killed. */
function withoutWaiting(definition: Definition): Definition {
  const states = Object.entries(definition.States).map(([name, state]): [string, State] => [
    name,
    state.Type === 'Wait' ? { ...state, Seconds: 0 } : state,
  ]);
  return { ...definition, States: Object.fromEntries(states) };
}

function onlySweep(finalizer: Definition): Definition {
  return { ...finalizer, StartAt: STATES.sweep };
}

function inWords(end: ExecutionEnd | undefined): string {
  if (end?.status === 'FAILED') return `${end.error}: ${end.cause}`;
  return `its finalizer ended ${end?.status ?? 'before it began'} without a result`;
}
