import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../state-machines/graph/formats.ts';
import { fc } from '../../fast-check.ts';
import { brokenSource, decodeRows, encodeRows, type Row, rowCodec, sourceOf, throughRows } from './sources.ts';

const INVALID = 'InvalidData';
const oddText = fc.string({
  unit: fc.constantFrom('a', '"', ',', '\n', '\r', ';', ' ', '\t', 'é', '😀', "'", '\\', '='),
});
const textCells = fc.oneof(
  oddText,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\ufeff', '\u2028', '""', 'null'),
);
const columnNames = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', '\n', '.', '[', ']', ' ', '0', 'é'), minLength: 1 }),
  fc.constantFrom('a', 'id', 'a.b', 'a[0]', 'length', 'constructor'),
);
const tables = fc.uniqueArray(columnNames, { minLength: 1, maxLength: 4 }).chain((columns) =>
  fc.array(fc.record(Object.fromEntries(columns.map((column) => [column, textCells])), { noNullPrototype: true }), {
    maxLength: 6,
  }),
);

async function csvText(...batches: Row[][]): Promise<string> {
  return (await encodeRows(csv(), ...batches)).toString();
}

describe('a round trip', () => {
  it('any text in any columns comes back as it was, in whatever batches, wherever the stream is cut', async () => {
    const cuts = fc.array(fc.nat(500), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(tables, fc.nat(6), cuts, async (rows, split, where) => {
        const encoded = await encodeRows(csv(), rows.slice(0, split), [], rows.slice(split));
        expect(await decodeRows(csv(), sourceOf(encoded, where))).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['empty text in the only column', [{ a: '' }, { a: 'x' }, { a: '' }]],
    ['a carriage return at the end of a value', [{ a: 'x\r', b: '\r' }]],
    ['a carriage return in the name of the last column', [{ a: '1', 'b\r': '2' }]],
    ['quotes, commas and newlines', [{ 'a,"b"\n': 'x,"y"\nz', '': 'without a name' }]],
    ['a name with a dot beside what it could be a path to', [{ 'a.b': '1', a: 'x' }]],
  ])('%s comes back', async (_, rows) => {
    expect(await throughRows(csv(), rows)).toEqual(rows);
  });

  it('everything reads back as text', async () => {
    const date = new Date('2026-01-02T03:04:05.678Z');
    const row = { n: 1.5, zero: -0, big: 10n ** 20n, yes: true, no: false, date, none: null, nothing: undefined };
    expect(await throughRows(csv(), [row])).toEqual([
      {
        n: '1.5',
        zero: '0',
        big: '100000000000000000000',
        yes: 'true',
        no: 'false',
        date: '2026-01-02T03:04:05.678Z',
        none: '',
        nothing: '',
      },
    ]);
  });

  it('more rows than a batch holds come back in order', async () => {
    const rows = Array.from({ length: 2_500 }, (_, index) => ({ id: String(index), text: `a,${index}\n` }));
    expect(await throughRows(csv(), rows.slice(0, 1_000), rows.slice(1_000))).toEqual(rows);
  });
});

describe('the file', () => {
  it('has one header line, in the order of the first row, and a line for each row', async () => {
    expect(await csvText([{ b: 1, a: 'x' }], [{ a: 'y', b: 2 }])).toBe('b,a\n1,x\n2,y\n');
  });

  it('has nothing for a column that a row lacks', async () => {
    expect(await csvText([{ a: 1, b: 2 }], [{ b: 3 }, {}])).toBe('a,b\n1,2\n,3\n,\n');
  });

  it('of no rows is empty, and reads as no rows', async () => {
    expect(await csvText()).toBe('');
    expect(await csvText([], [])).toBe('');
    expect(await throughRows(csv())).toEqual([]);
    expect(await decodeRows(csv(), sourceOf(Buffer.from('a,b\n')))).toEqual([]);
  });
});

describe('what is wrong is InvalidData that says what was given', () => {
  it.each([
    ['in the same batch', [[{ a: 1 }, { a: 2 }, { a: 3, extra: 4 }]]],
    ['in a later batch', [[{ a: 1 }, { a: 2 }], [], [{ a: 3, extra: 4 }]]],
  ])('a column that the first row has not, %s, with its row', async (_, batches) => {
    const error = { name: INVALID, message: expect.stringMatching(/row 3\b.*"extra"/) };
    await expect(encodeRows(csv(), ...batches)).rejects.toMatchObject(error);
  });

  it.each([
    [7, 'a number'],
    ['a,b', 'a string'],
    [null, 'null'],
    [undefined, 'undefined'],
  ])('a row that is %j, with its number', async (row, said) => {
    const error = { name: INVALID, message: expect.stringMatching(new RegExp(`row 2\\b.*${said}`)) };
    await expect(encodeRows(csv(), [{ a: 1 }, row])).rejects.toMatchObject(error);
  });

  it.each(['a,b\n1\n', 'a\n"b\n'])('stored lines %j', async (stored) => {
    await expect(decodeRows(csv(), sourceOf(Buffer.from(stored)))).rejects.toMatchObject({ name: INVALID });
  });
});

describe('the stream that is read', () => {
  it('fails the read with its own error when it breaks, and does not hang', async () => {
    const read = decodeRows(csv(), brokenSource(Buffer.from('a,b\n1,2\n')));
    const hung = setTimeout(1_000, undefined, { ref: false }).then(() => Promise.reject(new Error('the read hangs')));
    await expect(Promise.race([read, hung])).rejects.toThrow('socket hang up');
  });

  it('is closed when its reader stops early', async () => {
    const stream = Readable.from(
      (function* () {
        for (let line = 0; ; line++) yield Buffer.from(line === 0 ? 'a\n' : `${'x\n'.repeat(1_000)}`);
      })(),
    );
    const source = { ...sourceOf(Buffer.alloc(0)), stream: async () => stream };
    for await (const batch of (await rowCodec('csv')).decode(source)) {
      expect(batch).toHaveLength(1_000);
      break;
    }
    const closed = stream.destroyed;
    stream.destroy();
    expect(closed).toBe(true);
  });
});
