import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LambdaError } from '../../../local/functions/lambda-error.ts';
import { type FunctionSettings, Sandbox } from '../../../local/functions/sandbox.ts';
import { isRunning, temporaryFolder } from '../fixtures.ts';

const folder = temporaryFolder();
const log = join(folder, 'function.log');
const started: Sandbox[] = [];
let bundles = 0;

afterEach(() => {
  for (const sandbox of started.splice(0)) sandbox.kill();
  vi.unstubAllEnvs();
});

/** A function of its own whose bundle is this source. */
function start(source: string, settings: Partial<FunctionSettings> = {}): Sandbox {
  const name = `bundle${bundles++}`;
  writeFileSync(join(folder, `${name}.mjs`), source);
  const sandbox = new Sandbox(
    {
      name,
      code: folder,
      handler: `${name}.handler`,
      environment: {},
      memoryMiB: 256,
      timeoutSeconds: 20,
      ...settings,
    },
    log,
  );
  started.push(sandbox);
  return sandbox;
}

function handler(body: string): string {
  return `let calls = 0; export const handler = async (event, context) => { calls += 1; ${body} };`;
}

describe('an invocation', () => {
  it.each([{ a: [1, null, 'ü'] }, 'text', 0, null, []].map((payload) => ({ payload })))(
    'hands over $payload and what the handler answers',
    async ({ payload }) => {
      expect(await start(handler('return { event };')).invoke(payload)).toEqual({ event: payload });
    },
  );

  it('answers null where the handler answers nothing', async () => {
    expect(await start(handler('')).invoke({})).toBeNull();
  });

  it("gives the handler Lambda's context", async () => {
    const source = handler(
      'return { name: context.functionName, memory: context.memoryLimitInMB, id: typeof context.awsRequestId, left: context.getRemainingTimeInMillis() };',
    );
    const answer = await start(source, { name: 'extract', memoryMiB: 300, timeoutSeconds: 7 }).invoke({});
    expect(answer).toMatchObject({ name: 'extract', memory: '300', id: 'string' });
    expect((answer as { left: number }).left).toBeGreaterThan(3_000);
    expect((answer as { left: number }).left).toBeLessThanOrEqual(7_000);
  });

  it('leaves what the function prints in the log file', async () => {
    await start(handler('console.log("to stdout"); console.error("to stderr");')).invoke({});
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toContain('to stdout\nto stderr\n'));
  });
});

describe('a handler that throws', () => {
  it('fails the invocation with the name of its error, and a cause as Lambda words it', async () => {
    const source = handler('throw Object.assign(new Error("no such city"), { name: "UnknownCity" });');
    const error = (await start(source)
      .invoke({})
      .catch((cause) => cause)) as Error;
    expect(error.name).toBe('UnknownCity');
    expect(JSON.parse(error.message)).toEqual({
      errorType: 'UnknownCity',
      errorMessage: 'no such city',
      trace: expect.arrayContaining([expect.stringContaining('no such city'), expect.stringMatching(/^at handler /)]),
    });
  });

  it('may throw what is no error', async () => {
    const error = (await start(handler('throw "only text";'))
      .invoke({})
      .catch((cause) => cause)) as Error;
    expect(JSON.parse(error.message)).toMatchObject({ errorType: 'Error', errorMessage: 'only text' });
  });

  it('is still there for the next invocation, in the same process', async () => {
    const sandbox = start(handler('if (event.fail) throw new Error("no"); return [calls, process.pid];'));
    const [, pid] = (await sandbox.invoke({})) as number[];
    await expect(sandbox.invoke({ fail: true })).rejects.toThrow();
    expect(sandbox.alive).toBe(true);
    expect(await sandbox.invoke({})).toEqual([3, pid]);
  });
});

describe('a function', () => {
  it('stays warm between invocations', async () => {
    const sandbox = start(handler('return calls;'));
    expect([await sandbox.invoke({}), await sandbox.invoke({}), await sandbox.invoke({})]).toEqual([1, 2, 3]);
  });

  it('sees its own environment and nothing of ours', async () => {
    vi.stubEnv('EBBTIDE_TEST_SECRET', 'ours');
    vi.stubEnv('AWS_PROFILE', 'ours');
    const environment = { OWN: 'value', NODE_OPTIONS: '--enable-source-maps' };
    const sandbox = start(handler('return Object.keys(process.env).sort();'), { environment });
    const names = (await sandbox.invoke({})) as string[];
    expect(names.filter((name) => !name.startsWith('NODE_CHANNEL_'))).toEqual(
      ['OWN', 'NODE_OPTIONS', 'LAMBDA_TASK_ROOT', '_HANDLER', 'TZ'].toSorted(),
    );
  });

  it('that runs longer than its timeout ends with Sandbox.Timedout, and its process is gone', async () => {
    const pidFile = join(folder, 'pid');
    const source = handler(
      `(await import('node:fs')).writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); for (;;);`,
    );
    const sandbox = start(source, { timeoutSeconds: 1 });
    const error = (await sandbox.invoke({}).catch((cause) => cause)) as Error;
    expect(error.name).toBe('Sandbox.Timedout');
    expect(JSON.parse(error.message).errorMessage).toMatch(/Task timed out after 1\.00 seconds$/);
    expect(sandbox.alive).toBe(false);
    expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });

  it.each([
    ['fills its heap', 'const all = []; for (;;) all.push({ text: String(all.length) });'],
    [
      'fills memory outside its heap',
      'const all = []; for (;;) { all.push(Buffer.alloc(8 * 1024 * 1024, 1)); await new Promise((r) => setTimeout(r, 10)); }',
    ],
  ])('that %s ends with Runtime.OutOfMemory', async (_, body) => {
    const sandbox = start(handler(body), { memoryMiB: 192 });
    await expect(sandbox.invoke({})).rejects.toMatchObject({ name: 'Runtime.OutOfMemory' });
    expect(sandbox.alive).toBe(false);
  });

  it.each([0, 1, 7])('that exits with code %i ends with Runtime.ExitError', async (code) => {
    const sandbox = start(handler(`process.exit(${code});`));
    await expect(sandbox.invoke({})).rejects.toMatchObject({ name: 'Runtime.ExitError' });
    expect(sandbox.alive).toBe(false);
  });

  it('that throws where nobody catches it ends with Runtime.ExitError', async () => {
    const source = handler('setTimeout(() => { throw new Error("late"); }); await new Promise(() => {});');
    await expect(start(source).invoke({})).rejects.toMatchObject({ name: 'Runtime.ExitError' });
  });

  it('that is killed by whoever started it ends with what they say', async () => {
    const sandbox = start(handler('await new Promise(() => {});'));
    const answer = sandbox.invoke({});
    await sandbox.kill(new LambdaError('Stopped', 'no more'));
    await expect(answer).rejects.toMatchObject({ name: 'Stopped', errorMessage: 'no more' });
  });

  it('that is killed from outside ends with Runtime.ExitError', async () => {
    const sandbox = start(handler('process.kill(process.pid, "SIGKILL"); await new Promise(() => {});'));
    await expect(sandbox.invoke({})).rejects.toMatchObject({ name: 'Runtime.ExitError' });
  });

  it('that cannot even be started fails the invocation', { timeout: 5_000 }, async () => {
    const sandbox = start('', { code: join(folder, 'missing') });
    await expect(sandbox.invoke({})).rejects.toMatchObject({ name: 'Runtime.ExitError' });
  });

  it('without the export ends with Runtime.HandlerNotFound', async () => {
    const sandbox = start('export const other = 1;');
    await expect(sandbox.invoke({})).rejects.toMatchObject({ name: 'Runtime.HandlerNotFound' });
  });

  it.each([
    ['throws while it loads', 'throw Object.assign(new Error("no settings"), { name: "NotSetUp" });', 'NotSetUp'],
    ['is no JavaScript', 'export const handler = (', 'SyntaxError'],
    ['imports what is not there', 'import "./missing.mjs";', 'Error'],
  ])('whose module %s fails the invocation', async (_, source, name) => {
    await expect(start(source).invoke({})).rejects.toMatchObject({ name });
  });
});
