import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { measureTrace } from '../../bench/measure.ts';
import { byFamily } from '../../bench/summary.ts';
import { readTraces, type Trace, TraceFileError } from '../../bench/traces.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebbtide-traces-'));
afterAll(() => rmSync(folder, { recursive: true }));

const diamond: Trace = {
  name: 'a diamond, "quoted" / ünïcode',
  family: 'diamonds',
  seconds: [1, 2, 0, 4],
  edges: [
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 3],
  ],
};

it('traces are read as they are, whatever their names', () => {
  expect(readTraces(fileOf({ workflows: [diamond, diamond] }))).toEqual([diamond, diamond]);
});

it.each<[string, unknown, RegExp]>([
  ['no list of workflows', [diamond], /"workflows"/],
  ['no workflow', { workflows: [] }, /"workflows"/],
  ['a trace that is none', { workflows: [diamond, 7] }, /workflows\[1\] must be an object/],
  ['no family', { workflows: [{ ...diamond, family: undefined }] }, /workflows\[0\]\.family/],
  ['no tasks', { workflows: [{ ...diamond, seconds: [] }] }, /\.seconds must be a list/],
  ['seconds that are no number', { workflows: [{ ...diamond, seconds: [1, '2', 0, 4] }] }, /\.seconds\[1\] is "2"/],
  ['negative seconds', { workflows: [{ ...diamond, seconds: [1, -2, 0, 4] }] }, /\.seconds\[1\] is -2/],
  ['an edge to no task', { workflows: [{ ...diamond, edges: [[0, 4]] }] }, /\.edges\[0\] is \[0,4\]/],
  ['an edge that is none', { workflows: [{ ...diamond, edges: [3] }] }, /\.edges\[0\] is 3/],
  [
    'a cycle',
    {
      workflows: [
        {
          ...diamond,
          edges: [
            [0, 1],
            [1, 0],
          ],
        },
      ],
    },
    /workflows\[0\]: .*t0/,
  ],
])('a file with %s is refused, with the place', (_, content, message) => {
  const file = fileOf(content);
  expect(() => readTraces(file)).toThrow(TraceFileError);
  expect(() => readTraces(file)).toThrow(message);
});

it('a file that is not there is refused, with what to give', () => {
  expect(() => readTraces(join(folder, 'none.json'))).toThrow(/npm run bench:schedule -- <file>/);
});

it('a trace is measured against its critical path', () => {
  expect(measureTrace(diamond)).toMatchObject({ tasks: 4, waves: 1, noHints: 1, hints: 1 });
  expect(measureTrace({ ...diamond, seconds: [0, 0, 0, 0] })).toMatchObject({ waves: 1, noHints: 1, hints: 1 });
});

it('two traces of one name and family count as two', () => {
  const measured = measureTrace(diamond);
  expect(byFamily([measured, measured])).toMatchObject([{ family: 'diamonds', traces: 2, tasks: 8 }]);
});

function fileOf(content: unknown): string {
  const file = join(folder, 'traces.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}
