import type { Log } from './handler.ts';

export const log: Log = {
  succeeded: (task, run, milliseconds) =>
    process.stdout.write(`${JSON.stringify({ level: 'INFO', message: 'task succeeded', task, run, milliseconds })}\n`),
};
