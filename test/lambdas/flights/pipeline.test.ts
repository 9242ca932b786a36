import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runLocally } from '../../../local/index.ts';
import type { RunResult } from '../../../state-machines/contract/result.ts';
import { plan, type Summary } from '../../../state-machines/pipelines/flights.ts';
import { type Figures, figuresAgain } from './figures-again.ts';

const dir = mkdtempSync(join(tmpdir(), 'ebbtide-flights-'));
let result: RunResult;
let figures: Figures;

beforeAll(async () => {
  result = await runLocally(plan, { handlers: 'lambdas/flights', dir, waits: 'none' });
  figures = await figuresAgain();
}, 240_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const resultFile = (name: string) =>
  readFileSync(join(dir, 'flights', result.run, 'results', 'merge-load', name), 'utf8');

it('the run succeeds, and nothing of it stays behind', () => {
  expect(result).toMatchObject({ status: 'SUCCEEDED', succeeded: 5, failed: 0, released: { left: 0 } });
});

it("each airport's figures are those that the source gives when computed in another way", () => {
  const table = parse(resultFile('table.csv'), { columns: true });
  const text = figures.table.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, `${value}`])),
  );
  expect(table).toEqual(text);
});

it('so are those of the summary', () => {
  const { intake, ...summary }: Summary = JSON.parse(resultFile('summary.json'));
  expect(summary).toEqual(figures.summary);
  expect(intake).toMatchObject({ rows: figures.rows, valid: figures.rows - figures.rejectedRows.length });
});

it('the rows that cannot be are reported, each with its place', () => {
  const { intake }: Summary = JSON.parse(resultFile('summary.json'));
  expect(intake.rejected).toEqual({ 'implausible delay': figures.rejectedRows.length });
  expect(intake.examples.map(({ row }) => row)).toEqual(figures.rejectedRows);
  expect(intake.examples.map(({ value }) => value)).toEqual(['-953', '-1116']);
});
