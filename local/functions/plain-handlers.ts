import type { AnyHandler } from '../../lambdas/runtime/invocation.ts';
import { RAW_HANDLER } from '../../lambdas/runtime/task.ts';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { show } from '../../state-machines/contract/show.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';

/** Handlers by the name of their task or hook, as they are or as `task()` made them. */
export type PlainHandlers = Readonly<Record<string, AnyHandler | { readonly [RAW_HANDLER]: AnyHandler }>>;

/** @throws UsageError where one is missing or is none, or there is one too many */
export function plainHandlers(plan: Plan, given: PlainHandlers): Record<string, AnyHandler> {
  const missing = plan.functions.filter(({ name }) => !Object.hasOwn(given, name)).map(({ name }) => `"${name}"`);
  if (missing.length > 0) throw new UsageError('HandlerMissing', `no handler is given for ${missing.join(', ')}`);
  const unknown = Object.keys(given).filter((name) => !plan.task(name) && !plan.hook(name));
  if (unknown.length > 0) {
    throw new UsageError(
      'UnknownTask',
      `handlers are given for ${unknown.join(', ')}, which "${plan.pipeline}" has not as a task or a hook; it has ${plan.functions.map(({ name }) => name).join(', ')}`,
    );
  }
  for (const [name, handler] of Object.entries(given)) {
    if (typeof handler === 'function') continue;
    throw new UsageError(
      'HandlerInvalid',
      `the handler of "${name}" is ${show(handler)}; give a function, or what task(…) returned`,
    );
  }
  const entries = Object.entries(given).map(([name, handler]): [string, AnyHandler] => [
    name,
    RAW_HANDLER in handler ? handler[RAW_HANDLER] : handler,
  ]);
  return Object.fromEntries(entries);
}
