import { App } from 'aws-cdk-lib';
import { SampleStack } from '../lib/sample-stack.ts';

const app = new App();
new SampleStack(app, 'Sample');
