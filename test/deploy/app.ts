/**
 * The app of the suite: the tides pipeline in a stack, as the context says: `stack`, `handlers` (a folder), `minutes` (the
 * timeout), `keepHours`, `reapMinutes`.
 */

import { App, Duration, Stack } from 'aws-cdk-lib';
import { Pipeline } from '../../infra/index.ts';
import { plan } from './tides/pipeline.ts';

const app = new App();
const context = (name: string, otherwise: string): string => app.node.tryGetContext(name) ?? otherwise;
const stack = new Stack(app, context('stack', 'EbbtideTides'));
new Pipeline(stack, 'Tides', {
  plan,
  handlers: context('handlers', 'test/deploy/tides/handlers'),
  timeout: Duration.minutes(Number(context('minutes', '5'))),
  keepOnFailure: Duration.hours(Number(context('keepHours', '0'))),
  reapEvery: Duration.minutes(Number(context('reapMinutes', '15'))),
});
