import { describe, expect, it } from 'vitest';
import { parseFailures, refuseCommits } from '../../local/failures.ts';
import { chunks, json, TaskGraph, type UsageErrorCode } from '../../state-machines/index.ts';

const graph = new TaskGraph('trips');
const list = graph.addTask('list', { outputs: { days: chunks<{ day: string }>() } });
const extract = graph.addTask('extract', { each: list.outputs.days, outputs: { n: json<number>() } });
graph.addTask('load', { inputs: { n: extract.outputs.n } });
graph.addErrorsTask('alert');
graph.addAfterExecutionTask('notify');
const plan = graph.build();

/** A PUT by the S3 client's request of that number. */
function put(key: string, request = 1) {
  return { method: 'PUT', bucket: 'runs', key: `runs/trips/r1/${key}`, headers: { 'amz-sdk-invocation-id': request } };
}

function refusing(...texts: string[]) {
  const refuse = refuseCommits(parseFailures(texts, plan));
  return (key: string, request?: number) => refuse(put(key, request) as never)?.message;
}

describe('the failure of a chunk-parallel task', () => {
  it('is that of every chunk, and not of the gathering', () => {
    const refuse = refusing('extract');
    expect(refuse('extract/_chunks/a/_committed.json')).toBe('injected into attempt 1 by fail: extract');
    expect(refuse('extract/_chunks/b/_committed.json')).toBe('injected into attempt 1 by fail: extract');
    expect(refuse('extract/_committed.json')).toBeUndefined();
    expect(refuse('extract/_chunks/a/1-0a1b2c3d/_attempt.json')).toBeUndefined();
    expect(refuse('load/_committed.json')).toBeUndefined();
  });

  it('so many times is counted for each chunk by itself', () => {
    const refuse = refusing('extract:1');
    const refused = ['a', 'b', 'a', 'b'].map((chunk, request) =>
      Boolean(refuse(`extract/_chunks/${chunk}/_committed.json`, request)),
    );
    expect(refused).toEqual([true, true, false, false]);
  });

  it('may be that of one chunk, and goes before what is said of all', () => {
    const refuse = refusing('extract:1', 'extract/b:2:Odd');
    const attempts = (chunk: string) =>
      [1, 2, 3].map((request) => refuse(`extract/_chunks/${chunk}/_committed.json`, request));
    expect(attempts('a')).toEqual(['injected into attempt 1 by fail: extract', undefined, undefined]);
    expect(attempts('b')).toEqual([
      'injected into attempt 1 by fail: extract/b',
      'injected into attempt 2 by fail: extract/b',
      undefined,
    ]);
  });

  it('counts what the S3 client itself sends again as the same attempt', () => {
    const refuse = refusing('extract/a:1');
    const key = 'extract/_chunks/a/_committed.json';
    expect([refuse(key, 1), refuse(key, 1), refuse(key, 2)].map(Boolean)).toEqual([true, true, false]);
  });
});

it('a hook may be made to fail as a task', () => {
  const refuse = refusing('alert:1:Odd');
  expect(refuse('alert/_committed.json')).toBe('injected into attempt 1 by fail: alert');
});

describe('wrong use', () => {
  it.each<[string, string[], UsageErrorCode, string]>([
    ['a hook that there is not', ['alerd'], 'UnknownTask', 'no task or hook "alerd"; did you mean "alert"?'],
    ['a chunk of a task that has none', ['load/a'], 'InvalidOption', 'say load, without "/a"'],
    ['a chunk of a hook', ['alert/a'], 'InvalidOption', '"alert" has no chunks'],
    ['an empty chunk', ['extract/'], 'InvalidOption', 'chunk id ""'],
    ['a chunk that is no name', ['extract/a/b'], 'InvalidOption', '"a/b"'],
    ['the same chunk twice', ['extract/a', 'extract/a:2'], 'InvalidOption', '"extract/a" is named twice'],
    ['a task after the execution', ['notify'], 'InvalidOption', 'commits nothing'],
  ])('%s is refused, with what to do', (_, texts, code, words) => {
    expect(() => parseFailures(texts, plan)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });

  it('is not to name two chunks, or a chunk and its task', () => {
    expect(parseFailures(['extract', 'extract/a', 'extract/b'], plan)).toHaveLength(3);
  });
});
