import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runLocally } from '../../local/index.ts';
import { TaskGraph } from '../../state-machines/index.ts';
import { ebbtide, temporaryFolder } from './fixtures.ts';

const dir = join(temporaryFolder(), 'runs');
const graph = new TaskGraph('flights');
graph.addTask('only');
const plan = graph.build();

/** Runs of a pipeline that has the name of this project's. */
beforeAll(async () => {
  await runLocally(plan, { dir, run: 'well', handlers: { only: () => undefined } });
  const only = () => Promise.reject(new Error('no'));
  await runLocally(plan, { dir, run: 'badly', keepOnFailure: 5_400, handlers: { only }, waits: 'none' });
});

describe('wrong use ends with exit code 2 and one message on stderr with its code, and where to read more:', () => {
  it.each<[string, string[], string[]]>([
    ['stop where nothing runs', ['stop', 'flights'], ['no run of "flights" is running']],
    ['stop of a run that there is not', ['stop', 'flights', 'wel'], ['no run "wel"', 'did you mean "well"?']],
    ['stop of a run that has ended', ['stop', 'flights', 'well'], ['not running', 'has ended SUCCEEDED']],
    ['stop of a run with no name like it', ['stop', 'flights', 'other'], ['the last one is badly']],
    ['stop of an unknown pipeline', ['stop', 'boats', 'x'], ['no pipeline is called "boats"', 'there are: flights']],
    ['stop of what is no run id', ['stop', 'flights', '../x'], ['"../x"', '80 characters']],
    ['resume of a run that there is not', ['resume', 'flights', 'baddly'], ['did you mean "badly"?']],
    ['resume of a run that succeeded', ['resume', 'flights', 'well'], ['cannot be resumed', 'it succeeded']],
    ['resume without a run', ['resume', 'flights'], ['say which run', 'the latest one that is kept is badly']],
    ['a run to resume in the input', ['run', 'flights', '--input', '{"resume":"badly"}'], ['"badly"', 'resume <run>']],
    ['resume of an unknown pipeline', ['resume', 'flihts', 'badly'], ['did you mean "flights"?']],
    ['a duration without a unit', ['run', 'flights', '--keep-on-failure', '2'], ['"2" is no duration', '90m']],
  ])('%s', async (_, args, words) => {
    const { exitCode, stdout, stderr } = await ebbtide(...args, '--dir', dir);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).toMatch(/^[A-Z]\w+: .*\nmore: docs\/errors\.md#\w+\n$/);
  });
});

it('ebbtide reap counts the runs here, and with --json says nothing else', async () => {
  const { exitCode, stdout, stderr } = await ebbtide('reap', '--dir', dir, '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({ active: 0, kept: 1, released: 0, expired: 0, orphansFound: 0, failed: 0 });
});
