import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SandboxedFunctions } from '../../../local/functions/functions.ts';
import type { FunctionSettings } from '../../../local/functions/sandbox.ts';
import { isRunning, temporaryFolder } from '../fixtures.ts';

const folder = temporaryFolder();
let functions: SandboxedFunctions | undefined;

afterEach(() => functions?.kill());

/** Functions of these names that answer with their process. */
function start(names: readonly string[], atOnce: number): SandboxedFunctions {
  const settings = names.map((name): [string, FunctionSettings] => {
    const code = join(folder, name);
    mkdirSync(code, { recursive: true });
    writeFileSync(join(code, `${name}.mjs`), 'export const handler = async () => process.pid;');
    const environment = name === 'cleanup' ? {} : { EBBTIDE_TASK: name };
    return [`arn:${name}`, { name, code, handler: `${name}.handler`, environment, memoryMiB: 128, timeoutSeconds: 20 }];
  });
  functions = new SandboxedFunctions(new Map(settings), join(folder, 'logs'), atOnce);
  return functions;
}

describe('the sandboxes of one function', () => {
  it('are as many as are invoked at the same time, and serve again', async () => {
    const { invoke } = bound(start(['extract'], 4));
    const first = await Promise.all([1, 2, 3].map(() => invoke('extract')));
    const second = await Promise.all([1, 2, 3].map(() => invoke('extract')));
    expect(new Set(first).size).toBe(3);
    expect(second.toSorted()).toEqual(first.toSorted());
  });

  it('that are idle make room for those of another one', async () => {
    const { invoke } = bound(start(['extract', 'load'], 2));
    const warm = (await Promise.all([1, 2].map(() => invoke('extract')))) as number[];
    const other = (await Promise.all([1, 2].map(() => invoke('load')))) as number[];
    await functions?.kill();
    expect(new Set([...warm, ...other]).size).toBe(4);
    expect([...warm, ...other].filter(isRunning)).toEqual([]);
  });

  it('stay warm while there is room', async () => {
    const { invoke } = bound(start(['extract', 'load'], 2));
    const warm = await invoke('extract');
    await invoke('load');
    expect(await invoke('extract')).toBe(warm);
  });
});

it('a function is known by the task that it is for', () => {
  const { nameOf } = bound(start(['extract', 'cleanup'], 2));
  expect([nameOf('arn:extract'), nameOf('arn:cleanup'), nameOf('arn:other')]).toEqual([
    'extract',
    undefined,
    undefined,
  ]);
});

function bound(of: SandboxedFunctions) {
  return {
    invoke: (name: string) => of.invoke(`arn:${name}`, {}, name),
    nameOf: (resource: string) => of.nameOf(resource),
  };
}
