import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MINUTES } from './claims.ts';
import { ACCOUNT, CHECKOUT, Reader, sections } from './guide.ts';

const TARBALL = process.env['EBBTIDE_TEST_TARBALL'] ?? '';
const [intro, ...rest] = sections();
const steps = rest.filter(({ title }) => /^\d+\. /.test(title));

describe('docs/first-pipeline.md, from an empty folder, block by block', MINUTES, () => {
  const reader = new Reader(join(process.env['EBBTIDE_TEST_APPS'] ?? '', 'first-pipeline'));

  it('has its blocks in its steps, of which a test leaves out the checkout and the account', () => {
    const commands = rest.flatMap(({ blocks }) => blocks).filter(({ language }) => language === 'sh');
    const left = commands.filter(({ code }) => code.startsWith('#')).map(({ code }) => code.split('\n')[0]);
    expect({ left, intro: intro?.blocks }).toEqual({ left: [CHECKOUT, ACCOUNT], intro: [] });
  });

  it.each(steps.map((step) => [step.title, step] as const))('%s', async (title, step) => {
    const [mistake, mended] = [['lib/sales/favourites.ts', 'best.keys()'], 'best.values()'] as const;
    if (title.includes('mistake')) reader.change(mistake[0], mended, mistake[1]);
    if (title.includes('Test')) reader.change('test/sales.test.ts', 'products, load }', 'products, load, favourites }');
    await reader.follow(step, TARBALL);
    if (title.includes('mistake')) reader.change(mistake[0], mistake[1], mended);
  });

  it('leaves a deployable template with the schedule of the page', () => {
    const template = readFileSync(join(reader.folder, 'cdk.out/Sales.template.json'), 'utf8');
    expect(template).toContain('"ScheduleExpression": "cron(30 7 ? * MON-FRI *)"');
    expect(template).toContain('"ScheduleExpressionTimezone": "Europe/Oslo"');
  });

  it('has one run on this machine that was resumed', () => {
    const events = globSync('.ebbtide/sales/*/events/*.ndjson', { cwd: reader.folder });
    const runs = events.map((file) => file.split('/')[2]);
    expect(new Set(runs).size).toBe(runs.length - 1);
  });
});
