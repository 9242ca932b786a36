/** The command line as its users call it, in a project whose pipeline is deployed, and in their AWS settings. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../history/events.ts';
import { ENDPOINT_VARIABLE, emulatorAt, environmentFor, FOLDER_VARIABLE, REGION } from './account.ts';
import { deploy } from './cdk.ts';
import { DeployedPipeline, until } from './runs.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');
const PROJECT = join(import.meta.dirname, 'errands');

describe('ebbtide, in a project that is deployed,', { timeout: 180_000 }, () => {
  let errands: DeployedPipeline;
  let folder: string;
  /** `on AWS, us-east-1, ErrandsMachine`. */
  let place: string;

  beforeAll(async () => {
    expect(await said('list')).toContain('errands on this machine');
    folder = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'cli-'));
    const [stack] = await deploy({ app: 'node test/deploy/errands/app.ts' });
    errands = await DeployedPipeline.of('errands', stack);
    place = `on AWS, ${REGION}, ${errands.stateMachine.split(':').at(-1)}`;
  }, 180_000);

  it('start --watch follows the run to its end, and says what stays', async () => {
    const { code, stdout } = await ebbtide('start', 'errands', '--watch', '--name', 'first');
    expect(code).toBe(0);
    for (const text of ['errands', 'first', place, 'fetch', 'deliver', 'rest', 'SUCCEEDED in', '0 left'])
      expect(stdout).toContain(text);
  });

  it('start says which run it is and how to follow it; watch --json tells its events', async () => {
    const { stdout } = await ebbtide('start', 'errands', '--input', '{"waitMs":500}', '--json');
    const { pipeline, run, executionArn } = JSON.parse(stdout);
    expect({ pipeline, executionArn }).toEqual({ pipeline: 'errands', executionArn: errands.arnOf(run) });

    const watched = await ebbtide('watch', run, '--json');

    expect(watched).toMatchObject({ code: 0, stderr: '' });
    const events: RunEvent[] = watched.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'run-started', run, executionArn });
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', result: { run, status: 'SUCCEEDED' } });
    expect(await said('start', 'errands', '--name', 'told')).toContain(
      `started the run told of errands ${place}\nto follow it: ebbtide watch errands told\n`,
    );
    await errands.over('told');
  });

  it('list shows runs by their status', async () => {
    await until('both', async () =>
      (await said('list', '--status', 'succeeded')).includes('told') ? true : undefined,
    );
    expect((await said('list', 'errands')).split('\n')[0]).toBe(`errands ${place}`);
    expect(await said('list', '--status', 'failed,aborted')).toContain('no run that is failed,aborted');
    const runs = JSON.parse(await said('list', '--json', '--limit', '2'));
    expect(runs).toMatchObject([
      { run: 'told', where: { kind: 'aws', region: REGION, stateMachineArn: errands.stateMachine } },
      { pipeline: 'errands', status: 'SUCCEEDED' },
    ]);
  });

  it('a run that fails is shown with its error and its logs, and resumed', async () => {
    const failed = await ebbtide('start', 'errands', '--watch', '--name', 'failed', '--input', '{"fail":"deliver"}');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('its errors and its logs: ebbtide show errands failed\n');

    const shown = await said('show', 'failed');
    expect(shown).toContain(`errands failed  FAILED\n${place}\n`);
    expect(shown).toMatch(/\ndeliver +FAILED +2 /);
    expect(shown).toContain('deliver failed: NobodyThere: nobody was\n  at home\n  log: log group ');
    expect(shown).toContain('to go on with it: ebbtide resume errands failed\n');
    expect(shown).toContain('console: https://');
    const json = JSON.parse(await said('show', 'errands', 'failed', '--json'));
    expect(json).toMatchObject({ status: 'FAILED', input: { fail: 'deliver' }, where: { kind: 'aws' } });
    expect(Object.keys(json.links.logs).toSorted()).toEqual(['deliver', 'fetch', 'rest']);

    const resumed = await ebbtide('resume', 'failed', '--input', '{}', '--name', 'resumed', '--json');
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    const last = JSON.parse(resumed.stdout.trim().split('\n').at(-1) ?? '');
    expect(last.result).toMatchObject({ run: 'failed', execution: 'resumed', status: 'SUCCEEDED' });
    expect(await said('show', 'errands', 'failed')).toContain('resumed by the execution resumed');
    expect(await errands.left('failed')).toEqual([]);
  });

  it('stop ends the run that is running, and waits until it is finalized', async () => {
    await ebbtide('start', 'errands', '--name', 'endless', '--input', '{"waitMs":9000}');
    await until('a task at work', async () =>
      (await said('show', 'endless')).match(/\ndeliver +RUNNING/) ? true : undefined,
    );
    const { code, stdout, stderr } = await ebbtide('stop');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^the run endless ended ABORTED; /) });
    expect(stderr).toContain(`stopping the run endless of errands ${place}`);
    expect(stdout).toContain(', kept until ');
    expect(await errands.over('endless', errands.finalizer)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await ebbtide('stop')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no run of "errands" is running'),
    });
  });

  it('report writes a page into the working folder', async () => {
    const file = join(folder, 'first.html');
    expect(await said('report', 'first', '-o', file)).toContain('first.html\n');
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/i);
  });

  it('reap has the reaper see to all runs', async () => {
    expect(await said('reap', 'errands', '--dry-run')).toContain(`errands ${place}\n`);
    expect(JSON.parse(await said('reap', '--aws', '--json'))).toMatchObject({ failed: 0, orphansFound: 0 });
  });

  it('--local means this machine, which also what is not deployed does', async () => {
    const run = await ebbtide('start', 'errands', '--local', '--name', 'here');
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('in this process: Ctrl-C stops it') });
    expect(await said('list', '--local')).toContain('here');
    expect(await said('show', 'here', '--local')).toContain('errands here  SUCCEEDED\non this machine, ');
    expect(await ebbtide('show', 'errands', 'here')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is one on this machine: add --local'),
    });
    expect(existsSync(join(folder, '.ebbtide/errands/here/result.json'))).toBe(true);
  });

  it.each<[string, string[], number, string]>([
    ['a run that there is not', ['show', 'errands', 'frist'], 2, 'did you mean "first"'],
    ['a run that nobody knows', ['show', 'frist'], 2, 'did you mean "first"'],
    ['a name that was used', ['start', 'errands', '--name', 'first'], 2, '"first"'],
    ['what is not deployed', ['list', '--aws', 'erands'], 2, '"erands" is not deployed'],
    ['another state machine', ['list', '--state-machine', 'arn:none'], 2, 'is not the ARN of a state machine'],
    ['to resume what succeeded', ['resume', 'first'], 2, 'it succeeded'],
    ['what is for this machine only', ['resume', 'failed', '--fail', 'fetch'], 2, '--fail is for runs on this machine'],
  ])('%s is refused in words', async (_, args, code, words) => {
    expect(await ebbtide(...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) });
  });

  it('where AWS cannot be asked it says so, and how not to', async () => {
    const { code, stdout, stderr } = await ebbtideWith({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 'list');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('cannot be reached');
    expect(stderr).toContain('--local');
  });

  function ebbtide(...args: string[]) {
    return ebbtideWith({}, ...args);
  }

  /** One command, as a process. */
  async function ebbtideWith(env: Record<string, string>, ...args: string[]) {
    const home = process.env[FOLDER_VARIABLE] ?? '';
    const child = spawn(process.execPath, [MAIN, ...args, '--dir', join(folder ?? home, '.ebbtide')], {
      cwd: PROJECT,
      env: {
        ...environmentFor(emulatorAt(process.env[ENDPOINT_VARIABLE]), home),
        AWS_MAX_ATTEMPTS: '2',
        NODE_NO_WARNINGS: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, stdout, stderr };
  }

  /** What a command that succeeds prints. */
  async function said(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ebbtide(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }
});
