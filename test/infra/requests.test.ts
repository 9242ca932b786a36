/** What functions ask of S3, held against what their roles allow. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { Leases } from '../../lambdas/storage/leases.ts';
import { shapeOf } from '../../state-machines/graph/shape-of.ts';
import { chunks, durable, json, optional, TaskGraph } from '../../state-machines/index.ts';
import { type AnyContext, type AttemptOptions, attempt } from '../lambdas/runtime/attempts.ts';
import { BUCKETS, intercept, type S3Fixture, startS3Fixture } from '../lambdas/s3-fixture.ts';
import { allowedTo } from './allowed.ts';

const graph = new TaskGraph('pipe');
const split = graph.addTask('split', { outputs: { list: chunks(), base: durable(json()) } });
const { list, base } = split.outputs;
const work = graph.addTask('work', { each: list, inputs: { base }, outputs: { part: durable(json()) } });
const merge = graph.addTask('merge', {
  inputs: { parts: work.outputs.part, base: optional(base) },
  outputs: { total: json() },
});
graph.addTask('report', { inputs: { total: merge.outputs.total, parts: work.outputs.part } });
const alarm = graph.addErrorsTask('alarm', {
  inputs: { total: merge.outputs.total },
  outputs: { note: durable(json()) },
});
graph.addFinallyTask('close', { inputs: { note: alarm.outputs.note } });
const plan = graph.build();

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

type Any = Readonly<Record<string, never>> & { readonly Delete?: { readonly Objects: { readonly Key: string }[] } };

/** What a request needs, as `action key`. */
const NEEDS: Readonly<Record<string, (input: Any) => string[]>> = {
  GetObjectCommand: ({ Key }) => [`s3:GetObject ${Key}`],
  HeadObjectCommand: ({ Key }) => [`s3:GetObject ${Key}`],
  PutObjectCommand: ({ Key }) => [`s3:PutObject ${Key}`],
  DeleteObjectCommand: ({ Key }) => [`s3:DeleteObject ${Key}`],
  DeleteObjectsCommand: (input) => (input.Delete?.Objects ?? []).map(({ Key }) => `s3:DeleteObject ${Key}`),
  ListObjectsV2Command: ({ Prefix }) => [`s3:ListBucket ${Prefix}`],
  CopyObjectCommand: ({ Key, CopySource }) => [
    `s3:PutObject ${Key}`,
    `s3:GetObject ${String(CopySource).slice(`${BUCKETS.runs}/`.length)}`,
  ],
};

async function carryOut(task: string, handler: (context: AnyContext) => unknown, options: AttemptOptions) {
  const allowed = allowedTo(plan, task).map(
    (may) => new RegExp(`^${may.replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
  );
  const s3 = fixture.newClient();
  const refused: string[] = [];
  for (const [command, needs] of Object.entries(NEEDS)) {
    intercept(s3, command, (input, send) => {
      refused.push(...needs(input).filter((need) => !allowed.some((pattern) => pattern.test(need))));
      return send();
    });
  }
  await attempt(plan, s3, handler, { task, run: 'one', ...options });
  expect(refused, task).toEqual([]);
}

async function everything(execution: string) {
  const retried = [0, 1].map((retryCount) => ({ execution, retryCount }));
  const hook = { execution, event: { state: {} } };
  const writing = async ({ outputs }: AnyContext) => {
    await outputs.list.write([{ id: 'a' }, { id: 'b' }]);
    await outputs.base.write(1);
  };
  for (const options of retried) await carryOut('split', writing, options);
  for (const options of retried)
    await carryOut('work', ({ outputs }) => outputs.part.write(1), { ...options, event: { chunks: ['a', 'b'] } });
  for (const options of retried) await carryOut('work', () => undefined, { ...options, event: { gather: true } });
  for (const options of retried) await carryOut('merge', ({ outputs }) => outputs.total.write(1), options);
  for (const options of retried) await carryOut('report', () => undefined, options);
  await carryOut('alarm', async ({ inputs, outputs }) => outputs.note.write(await inputs.total.read()), hook);
  await carryOut('close', ({ inputs }) => inputs.note.read(), hook);
  for (const options of retried) await carryOut('split', writing, options);
}

it('a function asks for nothing that its role does not allow, in the run of its execution or in one that it resumes', async () => {
  await everything('one');
  const left = (await fixture.keys('runs/pipe/one/')).map((key) => key.split('/').at(-1));
  expect(left.filter((name) => !name?.startsWith('_')).sort()).toEqual(['note', 'total']);
  const lease = { until: '2100-01-01T00:00:00Z', keptAt: '', execution: 'one', holder: 0, shape: shapeOf(plan) };
  await new Leases(fixture.s3, BUCKETS.runs).keep({ pipeline: 'pipe', run: 'one' }, lease);
  await everything('two');
});
