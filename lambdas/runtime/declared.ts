import { NonRetryableError } from './errors.ts';

/**
 * A task's inputs or outputs by name, for a handler that was not type-checked: one that is not declared is told as that,
 * not as a property of undefined.
 */
export function declaredOnly<T extends object>(
  byName: T,
  what: 'input' | 'output',
  task: string,
  names: readonly string[],
): T {
  return new Proxy(byName, {
    get(target, name, receiver) {
      if (typeof name === 'symbol' || names.includes(name) || name in Object.prototype || name === 'then')
        return Reflect.get(target, name, receiver);
      const has = names.length > 0 ? `it has ${names.map((known) => `"${known}"`).join(', ')}` : 'it has none';
      throw new NonRetryableError(`the task "${task}" declares no ${what} "${name}"; ${has}`);
    },
  });
}
