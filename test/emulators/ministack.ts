/** MiniStack, an emulator of AWS: installed from PyPI into a temporary folder. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup } from './process-group.ts';
import { installPython } from './python.ts';

const VERSION = '1.5.33';
const START_SECONDS = 60;

export interface MiniStack {
  readonly endpoint: string;
  /** The Python that has it. */
  readonly python: string;
  /** Ends it with the functions that it runs, and deletes all that was installed. */
  stop(): Promise<void>;
}

export interface MiniStackOptions {
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws NotInstalledError, with the reason in one line */
export async function startMiniStack({ env = {} }: MiniStackOptions = {}): Promise<MiniStack> {
  const folder = await mkdtemp(join(tmpdir(), 'ebbtide-ministack-'));
  try {
    const python = await installPython(folder, `ministack==${VERSION}`);
    return await start(folder, python, env);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function start(folder: string, python: string, env: Readonly<Record<string, string>>): Promise<MiniStack> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const log = await open(join(folder, 'ministack.log'), 'w');
  // It and its functions' processes are a group of their own, which ends with this process, however that ends: it reads
  // from a pipe until nobody holds the other end.
  const server = spawn(python, [join(import.meta.dirname, 'start_ministack.py')], {
    cwd: folder,
    detached: true,
    env: {
      // Handlers run with the `node` found there.
      PATH: [join(import.meta.dirname, '../../node_modules/.bin'), process.env['PATH']].join(delimiter),
      HOME: folder,
      TMPDIR: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      LOG_LEVEL: 'ERROR',
      S3_DATA_DIR: join(folder, 's3'),
      ...env,
    },
    stdio: ['pipe', log.fd, log.fd],
  });
  await log.close();
  const ended = once(server, 'exit');
  const stop = async () => {
    killGroup(server.pid);
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  const deadline = Date.now() + START_SECONDS * 1_000;
  while (!(await answers(endpoint))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      const said = (await readFile(join(folder, 'ministack.log'), 'utf8')).slice(-2_000);
      await stop();
      throw new Error(`MiniStack ${VERSION} did not answer at ${endpoint} within ${START_SECONDS} seconds: ${said}`);
    }
    await sleep(200);
  }
  return { endpoint, python, stop };
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Whoever wants it next may get it too, but nobody else is asking for ports here. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
