/** MiniStack, an emulator of AWS: installed from PyPI into a temporary folder. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installPython } from './python.ts';

const VERSION = '1.5.33';
const START_SECONDS = 60;

export interface MiniStack {
  readonly endpoint: string;
  /** Ends the process and deletes all that was installed. */
  stop(): Promise<void>;
}

/** @throws NotInstalledError, with the reason in one line */
export async function startMiniStack(): Promise<MiniStack> {
  const folder = await mkdtemp(join(tmpdir(), 'ebbtide-ministack-'));
  try {
    const python = await installPython(folder, `ministack==${VERSION}`);
    return await start(folder, python);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function start(folder: string, python: string): Promise<MiniStack> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(python, ['-m', 'ministack'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: folder,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      LOG_LEVEL: 'ERROR',
      S3_DATA_DIR: join(folder, 's3'),
    },
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  const stop = async () => {
    server.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_SECONDS * 1_000;
  while (!(await answers(endpoint))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`MiniStack ${VERSION} did not answer at ${endpoint} within ${START_SECONDS} seconds`);
    }
    await sleep(200);
  }
  return { endpoint, stop };
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
