import { cutText } from '../../state-machines/contract/result.ts';
import { show } from '../../state-machines/contract/show.ts';

/** Error messages travel through the state data of the machine, which is limited. */
const MESSAGE_LENGTH = 1_000;
const MOST_CAUSES = 5;
const MOST_PLACES = 5;
/** Where the bundle lies: what comes behind that is a path in the package. */
const BUNDLE = process.env['LAMBDA_TASK_ROOT'] ?? '/var/task';

/**
 * An Error in any case, with a message and a stack that are not too long to be handed on. What it has as its cause is in
 * the message: neither Lambda nor Step Functions hands that on, and `fetch failed` alone helps nobody.
 */
export function presentable(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : show(thrown));
  const message = cutText(withCauses(error), MESSAGE_LENGTH);
  if (message !== error.message)
    Object.defineProperty(error, 'message', { value: message, configurable: true, writable: true });
  error.stack = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, MOST_PLACES)
    .map((line) => line.replace(`file://${BUNDLE}/`, '').replace(`${BUNDLE}/`, ''))
    .join('\n');
  error.stack = `${error.name}: ${error.message}\n${error.stack}`;
  return error;
}

function withCauses(error: Error): string {
  let { message } = error;
  let cause: unknown = error;
  for (let depth = 0; depth < MOST_CAUSES && cause instanceof Error; depth++) {
    const reason: string = cause.cause == null ? severalIn(cause) : reasonOf(cause.cause);
    cause = cause.cause;
    if (!message.includes(reason)) message = message === '' ? reason : `${message}: ${reason}`;
  }
  return message;
}

/** Of an error that stands for others. */
function severalIn(error: Error): string {
  const { errors } = error as Partial<AggregateError>;
  return Array.isArray(errors) ? errors.map(reasonOf).slice(0, MOST_CAUSES).join('; ') : '';
}

/** @returns '' where it says nothing */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause === 'string' ? cause : show(cause);
  const { message, code } = cause as NodeJS.ErrnoException;
  return message === '' && code !== undefined ? code : message;
}
