/** The CDK app of this repo: the flights pipeline in a stack of its own. */

import { App, Duration, Stack } from 'aws-cdk-lib';
import { plan } from '../state-machines/pipelines/flights.ts';
import { Pipeline } from './index.ts';

const app = new App();
const stack = new Stack(app, 'EbbtideFlights', {
  description: 'Ebbtide: delays and routes of three million US flights',
});
new Pipeline(stack, 'Flights', { plan, handlers: 'lambdas/flights', timeout: Duration.hours(1) });
