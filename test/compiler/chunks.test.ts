import { describe, expect, it } from 'vitest';
import { chunks, json, TaskGraph } from '../../state-machines/index.ts';
import {
  caught,
  compiled,
  END,
  EXIT,
  invocation,
  next,
  PATIENT,
  RUN,
  runBranch,
  TRANSIENT,
  taskState,
} from './states.ts';

/** A list of pages, and a task that runs for each of them. */
function pages(options: object = {}) {
  const graph = new TaskGraph('test');
  const list = graph.addTask('list', { outputs: { pages: chunks() } });
  graph.addTask('fetch', { each: list.outputs.pages, outputs: { found: json() }, ...options });
  return compiled(graph.build());
}

const gather = (exit: object) => ({
  ...taskState('fetch', 'fetch end', exit),
  ...invocation('fetch', { ...RUN, gather: true }),
  Retry: [TRANSIENT, { ErrorEquals: ['NonRetryableError', 'ChunksFailed'], MaxAttempts: 0 }, PATIENT],
});

const list = taskState('list', 'fetch end', next('fetch'), { answered: ['chunks'] });

describe('a chunk-parallel task', () => {
  it('is a Map over its chunks that the others survive, then gathers what they wrote', () => {
    const pipeline = pages({ maxConcurrency: 8, retries: 2 });
    const { Retry } = invocation('fetch', {}, 2);
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'list',
      States: {
        list,
        fetch: {
          Type: 'Map',
          ItemsPath: '$.out.list.chunks.fetch',
          ItemSelector: { ...RUN, 'chunks.$': '$$.Map.Item.Value' },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'INLINE' },
            StartAt: 'fetch chunk',
            States: {
              'fetch chunk': {
                ...invocation('fetch', { 'run.$': '$.run', 'input.$': '$.input', 'chunks.$': '$.chunks' }),
                Retry,
                Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'fetch chunk failed' }],
                ResultSelector: {},
                End: true,
              },
              'fetch chunk failed': { Type: 'Pass', Result: {}, End: true },
            },
          },
          MaxConcurrency: 8,
          ResultPath: null,
          Catch: [caught('fetch', 'fetch end')],
          Next: 'fetch gather',
        },
        'fetch gather': gather(EXIT),
        'fetch end': END,
      },
    });
    // Run, list, fetch, fetch gather, Cleanup, Verdict, Succeeded; chunks are not counted.
    expect(pipeline.statesEntered).toBe(7);
  });

  it('that runs more than 40 at once has executions for them, which read the list from the bucket', () => {
    const branch = runBranch(pages({ maxConcurrency: 41, batchSize: 10, toleratedFailures: 3 }));
    expect(branch).toEqual({
      StartAt: 'list',
      States: {
        list,
        fetch: {
          Type: 'Map',
          ItemReader: {
            Resource: 'arn:${Partition}:states:::s3:getObject',
            ReaderConfig: { InputType: 'JSON' },
            Parameters: { Bucket: '${RunsBucket}', 'Key.$': '$.out.list.chunks.fetch' },
          },
          ItemSelector: { 'id.$': '$$.Map.Item.Value.id' },
          ItemBatcher: { MaxItemsPerBatch: 10, BatchInput: RUN },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'fetch chunk',
            States: {
              'fetch chunk': {
                ...invocation('fetch', {
                  'run.$': '$.BatchInput.run',
                  'input.$': '$.BatchInput.input',
                  'chunks.$': '$.Items[*].id',
                }),
                ResultSelector: {},
                End: true,
              },
            },
          },
          MaxConcurrency: 41,
          ToleratedFailureCount: 30,
          ResultPath: null,
          Catch: [
            { ErrorEquals: ['States.ExceedToleratedFailureThreshold'], ResultPath: null, Next: 'fetch gather' },
            caught('fetch', 'fetch end'),
          ],
          Next: 'fetch gather',
        },
        'fetch gather': gather(EXIT),
        'fetch end': END,
      },
    });
  });

  it.each<[number | string, number, object]>([
    [0, 1, { ToleratedFailureCount: 0 }],
    [3, 10, { ToleratedFailureCount: 30 }],
    ['5%', 1, { ToleratedFailurePercentage: 5 }],
    ['5%', 10, { ToleratedFailurePercentage: 50 }],
    ['2.5%', 4, { ToleratedFailurePercentage: 10 }],
    ['50%', 10, { ToleratedFailurePercentage: 100 }],
  ])('distributed, tolerating %s in batches of %i, tolerates %j', (toleratedFailures, batchSize, tolerated) => {
    const map = runBranch(pages({ maxConcurrency: 10_000, batchSize, toleratedFailures }))?.States['fetch'];
    const fields = Object.entries(map ?? {}).filter(([field]) => field.startsWith('Tolerated'));
    expect(Object.fromEntries(fields)).toEqual(tolerated);
  });

  it('is distributed from 41 at once on', () => {
    const modeAt = (maxConcurrency: number) => {
      const map = runBranch(pages({ maxConcurrency }))?.States['fetch'];
      return map?.Type === 'Map' && map.ItemProcessor.ProcessorConfig.Mode;
    };
    expect([40, 41].map(modeAt)).toEqual(['INLINE', 'DISTRIBUTED']);
  });
});

it('chunks are found through the Parallel around, in the mark of the task that made them', () => {
  const graph = new TaskGraph('test');
  const made = graph.addTask('list-all', { outputs: { pages: chunks() } });
  graph.addTask('fetch-1', { each: made.outputs.pages });
  graph.addTask('fetch-2', { each: made.outputs.pages });
  const text = JSON.stringify(compiled(graph.build()).definition);
  expect(text.match(/"ItemsPath":"[^"]*"/g)).toEqual(
    ['fetch-1', 'fetch-2'].map((task) => `"ItemsPath":"$.up.out['list-all'].chunks['${task}']"`),
  );
});

it('a chunk-parallel task with errors tasks runs them whether the Map or the gathering has failed', () => {
  const graph = new TaskGraph('test');
  const made = graph.addTask('list', { outputs: { pages: chunks() } });
  graph.addTask('fetch', { each: made.outputs.pages }).addErrorsTask('undo');
  const States = runBranch(compiled(graph.build()))?.States;
  for (const state of ['fetch', 'fetch gather']) expect(States?.[state]).toMatchObject({ Catch: [{ Next: 'undo' }] });
});
