/** What the construct asks of CloudWatch, held against what the real functions print for it. */

import { join } from 'node:path';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MeasuredPipeline } from '../../../infra/operation/measured-pipeline.ts';
import { task } from '../../../lambdas/runtime/index.ts';
import { TaskGraph, text } from '../../../state-machines/index.ts';
import { lambdaError, RunFolder, STARTED_AT, SUCCEEDED } from '../../lambdas/cleanup/runs.ts';
import { HOUR, Pipeline as Runs } from '../../lambdas/reaper/runs.ts';
import { MACHINES, StepFunctionsEndpoint } from '../../lambdas/reaper/step-functions-endpoint.ts';
import { type S3Fixture, startS3Fixture, stubFunctionEnvironment } from '../../lambdas/s3-fixture.ts';
import {
  functionOf,
  resourcesOf,
  type Synthesized,
  synthesize,
  temporaryFolder,
  writeTinyHandlers,
} from '../fixtures.ts';

const graph = new TaskGraph('flights');
const extract = graph.addTask('extract', { outputs: { out: text() }, retries: 2 });
graph.addTask('load', { inputs: { out: extract.outputs.out } });
const plan = graph.build();

/** A metric as CloudWatch tells it from others. */
const named = (name: string, dimensions: Readonly<Record<string, unknown>>) =>
  [
    name,
    ...Object.entries(dimensions)
      .map(([key, value]) => `${key}=${value}`)
      .toSorted(),
  ].join(' ');

const folder = temporaryFolder();
const endpoint = new StepFunctionsEndpoint();
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 900_000 } as Context;
let synthesized: Synthesized;
let fixture: S3Fixture;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  synthesized = synthesize(join(folder, 'out'), { plan, handlers: writeTinyHandlers(join(folder, 'handlers'), plan) });
  fixture = await startS3Fixture();
  const variables = (name: string) => functionOf(synthesized.template, name).Properties['Environment']['Variables'];
  stubFunctionEnvironment(fixture, {
    AWS_ENDPOINT_URL_SFN: await endpoint.start(),
    POWERTOOLS_METRICS_DISABLED: 'false',
    POWERTOOLS_DEV: 'true',
    EBBTIDE_PIPELINE: variables('Cleanup')['EBBTIDE_PIPELINE'],
    EBBTIDE_DEPLOYMENT: variables('Cleanup')['EBBTIDE_DEPLOYMENT'],
    EBBTIDE_TASK: variables('extract')['EBBTIDE_TASK'],
    EBBTIDE_STATE_MACHINE: MACHINES.stateMachine,
    EBBTIDE_FINALIZER: MACHINES.finalizer,
  });
  vi.resetModules();
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(JSON.parse(line)));
  await invokeTask();
  await invokeCleanup();
  await invokeReaper();
  log.mockRestore();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await endpoint.stop();
  await fixture.stop();
});

async function invokeTask(): Promise<void> {
  const event = { run: 'run-1', input: {}, retryCount: 0 };
  const works = task(extract, async ({ outputs }) => ({ out: await outputs.out.write('hello') }));
  await works(event, context);
  const fails = task(extract, () => Promise.reject(new Error('no room')));
  await fails({ ...event, run: 'run-2' }, context).catch(() => undefined);
}

async function invokeCleanup(): Promise<void> {
  const { handler } = await import('../../../lambdas/cleanup/handler.ts');
  const event = { input: {}, startedAt: STARTED_AT, tasks: { extract: 2, load: 0 }, shape: 'shape' };
  const state = { out: { extract: SUCCEEDED, load: lambdaError('Boom', 'no room') } };
  await new RunFolder(fixture, 'run-3').commit('extract', { retriesUsed: 2 });
  await handler({ ...event, run: 'run-3', state }, context);
}

async function invokeReaper(): Promise<void> {
  const runs = new Runs(fixture, 'flights');
  for (const name of ['kept', 'expired', 'late']) {
    endpoint.add('stateMachine', name, { status: 'ABORTED' });
    endpoint.add('finalizer', name, { status: 'SUCCEEDED' });
  }
  endpoint.add('stateMachine', 'active', { status: 'RUNNING' });
  endpoint.add('stateMachine', 'orphan', { status: 'ABORTED' });
  for (const run of ['active', 'kept', 'expired', 'late', 'orphan']) await runs.data(run);
  // No run's: nothing can be done about it.
  await fixture.put('runs/flights/stray');
  await runs.keep('kept', HOUR);
  await runs.keep('expired', -1);
  const { handler } = await import('../../../lambdas/reaper/handler.ts');
  await handler({}, context);
}

function sent(): Map<string, unknown> {
  interface Declared {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }
  const found = lines.flatMap((line) => {
    const { CloudWatchMetrics = [] } = (line['_aws'] ?? {}) as { CloudWatchMetrics?: readonly Declared[] };
    return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) =>
        Metrics.map(({ Name }): [string, unknown] => {
          const dimensions = Object.fromEntries(names.map((name) => [name, line[name]]));
          return [`${Namespace} ${named(Name, dimensions)}`, line[Name]];
        }),
      ),
    );
  });
  return new Map(found);
}

function offered(): string[] {
  const { pipeline } = synthesized;
  const methods = Object.getOwnPropertyNames(MeasuredPipeline.prototype).filter((name) => name.startsWith('metric'));
  return methods.flatMap((name) => {
    if (name === 'metricMissedRuns') return [];
    const method = pipeline[name as 'metricRetries'] as (...of: unknown[]) => Metric;
    const ofTask = ['metricTaskDuration', 'metricAttemptsFailed'].includes(name);
    const { namespace, metricName, dimensions = {} } = method.apply(pipeline, ofTask ? ['extract'] : []);
    return namespace === 'Ebbtide' ? [`${namespace} ${named(metricName, dimensions)}`] : [];
  });
}

it('every metric that the construct offers is sent by a function, with the very same dimensions', () => {
  expect(offered()).toHaveLength(13);
  for (const metric of offered()) expect([...sent().keys()]).toContain(metric);
});

it('there is no metric of a task that the pipeline does not have', () => {
  expect(() => synthesized.pipeline.metricTaskDuration('extrakt')).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining('no task or hook "extrakt"') }),
  );
});

it('every metric that a function sends can be asked for, or is found by its task', () => {
  const ofTask = (metric: string) => / (TaskFailures|Retries) .*task=/.test(metric);
  expect([...sent().keys()].filter((metric) => !ofTask(metric)).toSorted()).toEqual(offered().toSorted());
});

it('the dashboard searches for metrics that are sent, by all of their dimensions', () => {
  const [dashboard] = resourcesOf(synthesized.template, 'AWS::CloudWatch::Dashboard');
  const body = JSON.stringify(dashboard?.Properties['DashboardBody']).replaceAll(/\\+"/g, '"');
  const searches = [...body.matchAll(/SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)" deployment="([^"]+)"'/g)];
  expect(searches.map(([, , , name]) => name)).toEqual(['TaskFailures', 'Retries', 'TaskDuration']);
  for (const [, namespace, names = '', name, deployment] of searches) {
    const matching = [...sent().keys()].filter(
      (metric) => metric.startsWith(`${namespace} ${name} deployment=${deployment} `) && metric.includes(' task='),
    );
    expect(matching).not.toEqual([]);
    for (const metric of matching)
      expect([...metric.matchAll(/(\w+)=/g)].map(([, key]) => key)).toEqual(names.split(',').toSorted());
  }
});

describe('the figures', () => {
  const figure = (name: string, more: Readonly<Record<string, string>> = {}) =>
    sent().get(`Ebbtide ${named(name, { service: 'flights', deployment: 'Stack/Trips', ...more })}`);

  it('of a run are of all its tasks, those of a task are its own', () => {
    expect(figure('TaskFailures', { task: 'load' })).toBe(1);
    expect(figure('Retries', { task: 'extract' })).toBe(2);
    expect(figure('TaskFailures', { task: 'extract' })).toBeUndefined();
    expect(figure('BytesWritten')).toBe(5);
  });

  it('of what is held are of the bucket after the visit', async () => {
    const keys = await fixture.keys('runs/flights/');
    const sizes = await Promise.all(keys.map(async (key) => Buffer.byteLength(await fixture.text(key))));
    expect(figure('BytesHeld')).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(figure('OrphansFound')).toBe(1);
  });
});
