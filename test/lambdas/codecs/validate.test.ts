import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { validate, validateRows } from '../../../lambdas/runtime/validate.ts';
import { csv, json, ndjson } from '../../../state-machines/graph/formats.ts';

const flight = z.object({
  id: z.number(),
  from: z.object({ code: z.string().length(3) }),
  delays: z.array(z.number()),
});
const good = { id: 1, from: { code: 'SFO' }, delays: [1, 2] };
const bad = { id: 'x', from: { code: 'SF' }, delays: [1, '2'] };

it('without a validator anything passes, and is the very same value', async () => {
  const rows = [good, 7, undefined];
  expect(validate(json(), good, 'output "raw"')).toBe(good);
  expect(await validateRows(ndjson(), rows, 'output "raw"', 0)).toBe(rows);
});

describe('one error', () => {
  it('says where, and every issue with its path', async () => {
    const check = async () => validate(json(flight), bad, 'output "raw"');
    const error = await check().catch((cause: Error) => cause);
    expect(error).toMatchObject({ name: 'InvalidData' });
    const { message } = error as Error;
    for (const part of ['output "raw"', 'id:', 'from.code:', 'delays.1:']) expect(message).toContain(part);
  });

  it('names a row by its number in the whole output, not in its batch', async () => {
    const check = validateRows(ndjson(flight), [good, good, bad], 'output "raw"', 1_000);
    const message = expect.stringMatching(/output "raw", row 1003\b.*id:.*from\.code:.*delays\.1:/s);
    await expect(check).rejects.toMatchObject({ name: 'InvalidData', message });
  });

  it('has no path where the value itself is wrong', async () => {
    const check = validateRows(ndjson(flight), [7], 'input "raw"', 0);
    await expect(check).rejects.toMatchObject({
      message: expect.stringMatching(/^input "raw", row 1 is not valid: [^:]+: /),
    });
  });

  it('takes paths of both kinds that Standard Schema has', () => {
    const issues = [
      { message: 'one', path: ['a', 0, Symbol('s')] },
      { message: 'two', path: [{ key: 'b' }, { key: 1 }] },
      { message: 'three', path: [] },
      { message: 'four' },
    ];
    const schema = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } } as const;
    expect(() => validate(json(schema), 1, 'x')).toThrow('x is not valid: a.0.Symbol(s): one; b.1: two; three; four');
  });
});

describe('what the validator makes of a value', () => {
  const typed = z.object({ id: z.coerce.number(), at: z.string().transform((text) => new Date(text)) });

  it('is what is read: transforms, coercions and defaults apply', async () => {
    const rows = [{ id: '7', at: '2026-01-02T03:04:05.678Z', more: 'x' }];
    expect(await validateRows(csv(typed), rows, 'input "raw"', 0)).toEqual([
      { id: 7, at: new Date('2026-01-02T03:04:05.678Z') },
    ]);
    expect(validate(json(z.object({ n: z.number().default(3) })), {}, 'input "n"')).toEqual({ n: 3 });
  });

  it('leaves the rows that were given as they are', async () => {
    const rows = [{ id: '7', at: '2026-01-02' }];
    await validateRows(csv(typed), rows, 'output "raw"', 0);
    expect(rows).toEqual([{ id: '7', at: '2026-01-02' }]);
  });
});

describe('a validator that is asynchronous', () => {
  const known = z.object({ code: z.string().refine(async (code) => code === 'SFO', 'unknown airport') });

  it('is waited for, and keeps the order of the rows', async () => {
    const slowFirst = z.number().transform(async (n) => {
      for (let turn = 0; turn < 5 - n; turn++) await Promise.resolve();
      return n * 10;
    });
    expect(await validateRows(ndjson(slowFirst), [1, 2, 3], 'input "raw"', 0)).toEqual([10, 20, 30]);
    await expect(validate(json(known), { code: 'SFO' }, 'input "raw"')).resolves.toEqual({ code: 'SFO' });
  });

  it('rejects with InvalidData', async () => {
    const error = { name: 'InvalidData', message: 'output "raw", row 2 is not valid: code: unknown airport' };
    const rows = [{ code: 'SFO' }, { code: 'XXX' }];
    await expect(validateRows(ndjson(known), rows, 'output "raw"', 0)).rejects.toMatchObject(error);
    await expect(validate(json(known), { code: 'XXX' }, 'output "raw"')).rejects.toMatchObject({ name: 'InvalidData' });
  });
});
