/** The work of a handler, called once: for a task, or for one chunk. */

import type { TaskId } from '../../state-machines/contract/keys.ts';
import { checkChunksAnswer } from './answer.ts';
import type { Work } from './commit.ts';
import { declaredOnly } from './declared.ts';
import type { Inputs } from './inputs.ts';
import type { AnyHandler, Attempt } from './invocation.ts';
import { Outputs } from './outputs.ts';

/** @param extra what the handler is given besides: its chunk, or the run's outcome */
export function handlerWork(
  handler: AnyHandler,
  attempt: Attempt,
  own: { readonly id: TaskId; readonly attemptId: string; readonly inputs: Inputs; readonly extra: object },
): Work {
  const { plan, task, event, store, signal, log } = attempt;
  const { id, attemptId, inputs, extra } = own;
  const outputs = new Outputs(id, attemptId, task, store, signal);
  return {
    async carryOut() {
      await handler({
        inputs: declaredOnly(inputs.readers, 'input', task.name, Object.keys(task.inputs)),
        outputs: declaredOnly(outputs.writers, 'output', task.name, Object.keys(task.outputs)),
        input: event.input,
        run: event.run,
        attempt: event.retryCount + 1,
        signal,
        log,
        ...extra,
      });
      const written = await outputs.finish();
      checkChunksAnswer(plan, task, written.outputs);
      return { bytesIn: inputs.bytesOpened(), ...written };
    },
    discard: () => outputs.discard(),
  };
}
