/** Runs inside a sandbox: loads the function and answers one request after the other, as Lambda's runtime does. */

import { pathToFileURL } from 'node:url';
import type { SandboxAnswer, SandboxRequest } from './sandbox.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

// Whoever started us is gone.
process.on('disconnect', () => process.exit());

try {
  const handler = await load();
  process.on('message', (request: SandboxRequest) => void answer(handler, request));
  send({ loaded: true });
} catch (error) {
  sendError(error);
}

async function answer(handler: Handler, request: SandboxRequest): Promise<void> {
  try {
    send({ answer: (await handler(request.payload, contextOf(request))) ?? null });
  } catch (error) {
    sendError(error);
  }
}

function sendError(error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const trace = (stack ?? '').split('\n').map((line) => line.trim());
  send({ errorType: name, errorMessage: message, trace });
}

async function load(): Promise<Handler> {
  const { LAMBDA_TASK_ROOT = '', _HANDLER = '' } = process.env;
  const [module, name = ''] = _HANDLER.split('.');
  const { [name]: handler } = await import(pathToFileURL(`${LAMBDA_TASK_ROOT}/${module}.mjs`).href);
  if (typeof handler === 'function') return handler;
  const error = new Error(`${_HANDLER} is undefined or not exported`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

function contextOf({ requestId, deadline, functionName, memoryMiB }: SandboxRequest): object {
  return {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    memoryLimitInMB: String(memoryMiB),
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    logGroupName: `/local/${functionName}`,
    logStreamName: `local/${process.pid}`,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function send(message: SandboxAnswer): void {
  process.send?.(message);
}
