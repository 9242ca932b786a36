/** `ebbtide/lambda`: what a task's handler file needs. Pulls in neither CDK nor the local runner. */

export { InputMissingError, InvalidDataError, NonRetryableError, TaskTimedOutError } from './errors.ts';
export { type TaskFunction, task } from './task.ts';
export type { HandlerOf, ReceiptsOf, TaskContext, TaskHandler, Written } from './types.ts';
