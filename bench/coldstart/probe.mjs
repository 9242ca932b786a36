/**
 * Imports the handler that it is told to, as Lambda's runtime does, and says what that took. With an event it then
 * invokes the handler, until S3 has answered for the first time. Plain JavaScript: TypeScript would be stripped first.
 */

import { subscribe } from 'node:diagnostics_channel';

const [, , url = '', event] = process.argv;

const report = (figures) => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(JSON.stringify({ ...figures, processCpuMs: (user + system) / 1_000 }), () => process.exit());
};

const cpuBefore = process.cpuUsage();
const start = performance.now();
const { handler } = await import(url);
const importMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpuBefore);
const figures = { importMs, importCpuMs: (user + system) / 1_000 };

if (event === undefined) report(figures);
else {
  const invoked = performance.now();
  subscribe('http.client.response.finish', () => report({ ...figures, firstAnswerMs: performance.now() - invoked }));
  const context = { awsRequestId: '1', logStreamName: '1', getRemainingTimeInMillis: () => 60_000 };
  await handler(JSON.parse(event), context);
  throw new Error(`${url} asked S3 for nothing`);
}
