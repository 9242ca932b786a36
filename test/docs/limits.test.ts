import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { checkedKeep, checkedRate } from '../../infra/durations.ts';
import { STACK_RESOURCES, stackResources } from '../../state-machines/compiler/limit-shares.ts';
import { DEFINITION_BYTES, HISTORY_EVENTS } from '../../state-machines/compiler/limits.ts';
import { CHUNK_ID, isName, TASK_NAME } from '../../state-machines/contract/names.ts';
import { CAUSE_LIMIT, PAYLOAD_LIMIT } from '../../state-machines/contract/result.ts';
import { VALUE_TEXT_LIMIT } from '../../state-machines/contract/values.ts';
import { DEFAULT_MAX_CHUNKS } from '../../state-machines/graph/formats.ts';
import { DEFAULTS, type Range, RESOURCES, RETRIES, RETRY, TIMEOUT_SECONDS } from '../../state-machines/graph/limits.ts';
import { INLINE_CONCURRENCY } from '../../state-machines/graph/plan.ts';
import { BATCH_SIZE, MAX_CHUNKS, MAX_CONCURRENCY } from '../../state-machines/graph/planning/each.ts';
import { planOf } from '../graph/graphs.ts';
import { textOf } from './pages.ts';

const ROWS = textOf('docs/limits.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| limit '))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

const number = (amount: number) => amount.toLocaleString('en-US');
const between = ({ min, max }: Range) => `${number(min)} to ${number(max)}`;

describe('each limit on docs/limits.md is that of the code', () => {
  it.each<[string, ...string[]]>([
    ['definition', `${number(DEFINITION_BYTES)} bytes`],
    ['history', `${number(HISTORY_EVENTS)} events`],
    ['finalizer history', `${number(HISTORY_EVENTS)} events`],
    ['state data', `${number(PAYLOAD_LIMIT)} bytes`],
    ['map results', `${number(PAYLOAD_LIMIT)} bytes`],
    [
      'stack resources',
      `${STACK_RESOURCES} a stack`,
      `${stackResources(planOf('a')) - growth()} of a pipeline`,
      `${growth()} more a task`,
    ],
    ['`timeoutSeconds`', between(TIMEOUT_SECONDS), `${DEFAULTS.timeoutSeconds} by default`],
    ['`memoryMiB`', between(RESOURCES.memoryMiB), `${DEFAULTS.resources.memoryMiB} by default`],
    ['`ephemeralStorageMiB`', between(RESOURCES.ephemeralStorageMiB), `${DEFAULTS.resources.ephemeralStorageMiB} by`],
    ['`retries`', between(RETRIES), `${DEFAULTS.retries} by default`],
    ['`intervalSeconds`, `maxDelaySeconds`', between(RETRY.intervalSeconds), between(RETRY.maxDelaySeconds)],
    ['`backoffRate`', between(RETRY.backoffRate)],
    ['`chunks({ max })`', between(MAX_CHUNKS), `${DEFAULT_MAX_CHUNKS} by default`],
    ['`batchSize`', between(BATCH_SIZE)],
    ['`maxConcurrency`', between(MAX_CONCURRENCY), `over ${INLINE_CONCURRENCY}`],
    ['ids of inline chunks', `${number(PAYLOAD_LIMIT / 2)} bytes`],
    ['a text that a condition looks at', `${VALUE_TEXT_LIMIT} characters`],
    ['input of an execution', `${number(PAYLOAD_LIMIT)} bytes`],
    ['cause of a failed execution', `${number(CAUSE_LIMIT)} characters`],
  ])('%s', (name, ...said) => {
    const row = ROWS.find(([first]) => first === name);
    for (const part of said) expect(row?.[1]).toContain(part);
  });

  it('names and ids are as long as it says', () => {
    expect([isName(TASK_NAME, 'x'.repeat(63)), isName(TASK_NAME, 'x'.repeat(64))]).toEqual([true, false]);
    expect([isName(CHUNK_ID, 'x'.repeat(64)), isName(CHUNK_ID, 'x'.repeat(65))]).toEqual([true, false]);
    expect(ROWS.find(([first]) => first === 'names')?.[1]).toContain('63 characters');
    expect(ROWS.find(([first]) => first === 'id of a chunk')?.[1]).toContain('64 characters');
  });

  it('durations of a deployment are refused as it says', () => {
    expect(() => checkedKeep(Duration.days(60))).not.toThrow();
    expect(() => checkedKeep(Duration.days(61))).toThrow();
    expect(() => checkedRate(Duration.minutes(1))).not.toThrow();
    expect(() => checkedRate(Duration.seconds(90))).toThrow();
  });
});

/** Of one more task. */
function growth(): number {
  return stackResources(planOf('a, b')) - stackResources(planOf('a'));
}
