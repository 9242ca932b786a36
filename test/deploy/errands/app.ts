import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Pipeline } from '../../../infra/index.ts';
import { plan } from './graphs/errands.ts';

new Pipeline(new Stack(new App(), 'EbbtideErrands'), 'Errands', {
  plan,
  handlers: join(import.meta.dirname, 'handlers/errands'),
  keepOnFailure: Duration.hours(1),
  timeout: Duration.minutes(5),
});
