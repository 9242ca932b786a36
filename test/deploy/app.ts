/**
 * The app of the suite: the tides pipeline in each of the stacks that the context names: `stacks`, with commas, `handlers`
 * (a folder), `minutes` (the timeout).
 */

import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Pipeline, type PipelineProps } from '../../infra/index.ts';
import { plan } from './tides/pipeline.ts';

const app = new App();
const context = (name: string, otherwise = ''): string => app.node.tryGetContext(name) ?? otherwise;

const SPECIAL: Readonly<Record<string, Partial<PipelineProps>>> = {
  EbbtideKeeping: { keepOnFailure: Duration.hours(1) },
  EbbtideOutside: { keepOnFailure: Duration.hours(1) },
  EbbtideScheduled: {
    // It has gone by when the stack is there: MiniStack starts the run then.
    schedule: {
      expression: ScheduleExpression.at(new Date(Date.now() + 1_000), TimeZone.ETC_UTC),
      input: { mode: 'full' },
    },
    reapEvery: Duration.minutes(1),
  },
};

for (const name of context('stacks').split(',')) {
  new Pipeline(new Stack(app, name), 'Tides', {
    plan,
    handlers: context('handlers', 'test/deploy/tides/handlers'),
    timeout: Duration.minutes(Number(context('minutes', '5'))),
    ...SPECIAL[name],
  });
}
