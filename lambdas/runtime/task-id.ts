import type { TaskId } from '../../state-machines/contract/keys.ts';
import type { Attempt } from './invocation.ts';

/** Where a task or a hook of the attempt's run leaves its data. Tasks are the run's, hooks the execution's. */
export function idOf({ plan, event }: Pick<Attempt, 'plan' | 'event'>, task: string): TaskId {
  const { run, execution } = event;
  return { pipeline: plan.pipeline, run, task, ...(run !== execution && plan.hook(task) && { execution }) };
}
