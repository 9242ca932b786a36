import { cutText } from '../../state-machines/contract/result.ts';

/** Error messages travel through the state data of the machine, which is limited. */
const MESSAGE_LENGTH = 1_000;

/** An Error in any case, with a message and a stack that are not too long to be handed on. */
export function presentable(cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  if (error.message.length > MESSAGE_LENGTH) error.message = cutText(error.message, MESSAGE_LENGTH);
  error.stack = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 5)
    .join('\n');
  error.stack = `${error.name}: ${error.message}\n${error.stack}`;
  return error;
}
