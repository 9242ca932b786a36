import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, it } from 'vitest';
import { killLeftProcesses, MARK_VARIABLE, processesWith } from '../../../local/functions/left-processes.ts';
import { newMark } from '../../../local/runs/execution-record.ts';
import { isRunning } from '../fixtures.ts';

const children = new Set<ReturnType<typeof spawn>>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process that does not let go, and is no child of any group that is signalled. */
async function busy(environment: Record<string, string>): Promise<number> {
  const script = "process.stdout.write('up'); for (;;) ;";
  const child = spawn(process.execPath, ['-e', script], { detached: true, env: { ...process.env, ...environment } });
  children.add(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

it('processes with the mark are killed, and no others', async () => {
  const [mark, other] = [newMark(), newMark()];
  const ours = await busy({ [MARK_VARIABLE]: mark });
  const theirs = await busy({ [MARK_VARIABLE]: other });
  const quoting = await busy({ ANYTHING: `${MARK_VARIABLE}=${mark}` });
  expect(processesWith(mark)).toEqual([ours]);
  expect(await killLeftProcesses(mark)).toBe(1);
  expect([ours, theirs, quoting].map(isRunning)).toEqual([false, true, true]);
  expect(await killLeftProcesses(mark)).toBe(0);
});
