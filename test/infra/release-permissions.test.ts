import { describe, expect, it } from 'vitest';
import { json, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { allowedTo } from './allowed.ts';

/** `made` with an output for each, and so many tasks that take the first. */
function planOf(consumers: number): Plan {
  const graph = new TaskGraph('pipe');
  const made = graph.addTask('made', {
    outputs: { raw: json(), kept: json(), looked: json() },
    release: { kept: 'run' },
  });
  for (let index = 0; index < consumers; index++) graph.addTask(`t${index}`, { inputs: { ...made.outputs } });
  const alarm = graph.addErrorsTask('alarm', { inputs: { x: made.outputs.looked }, outputs: { note: json() } });
  graph.addFinallyTask('close', { inputs: { note: alarm.outputs.note } });
  return graph.build();
}

describe('the role of a task', () => {
  it('may delete the inputs that it may be the last to take, and see the records of the others that take them', () => {
    const allowed = allowedTo(planOf(3), 't1');
    expect(allowed.filter((may) => may.includes('Delete'))).toEqual(['s3:DeleteObject runs/pipe/*/made/*/raw']);
    expect(allowed.filter((may) => may.endsWith('_committed.json') && !may.includes('/made/'))).toEqual([
      's3:GetObject runs/pipe/*/t0/_committed.json',
      's3:GetObject runs/pipe/*/t2/_committed.json',
      's3:PutObject runs/pipe/*/t1/_committed.json',
      's3:GetObject runs/pipe/*/t1/_committed.json',
    ]);
  });

  it('stays as small where there are hundreds of others', () => {
    const allowed = allowedTo(planOf(300), 't1');
    expect(allowed).toContain('s3:GetObject runs/pipe/*/_committed.json');
    expect(allowed.length).toBeLessThan(20);
  });

  it('may take over the run that its execution resumes, and cannot keep one', () => {
    const allowed = allowedTo(planOf(1), 'made');
    expect(allowed.filter((may) => /_lease|_holders/.test(may))).toEqual([
      's3:GetObject runs/pipe/*/_lease.json',
      's3:GetObject runs/pipe/*/_holders/*',
      's3:PutObject runs/pipe/*/_holders/*',
    ]);
  });
});

describe('the role of a hook', () => {
  const allowed = allowedTo(planOf(1), 'close');

  it('reaches what it, and the hooks that it reads, left in executions that resume a run', () => {
    const inExecutions = (may: string) => may.includes('_executions/');
    expect(allowed.filter(inExecutions)).toEqual([
      's3:GetObject runs/pipe/*/alarm/_executions/*/_committed.json',
      's3:PutObject runs/pipe/*/close/_executions/*/_committed.json',
      's3:GetObject runs/pipe/*/close/_executions/*/_committed.json',
      's3:ListBucket runs/pipe/*/close/_executions/*',
    ]);
    expect(allowedTo(planOf(1), 't0').filter(inExecutions)).toEqual([]);
  });

  it('releases nothing', () => {
    expect(allowed.filter((may) => may.includes('Delete'))).toEqual([]);
  });
});
