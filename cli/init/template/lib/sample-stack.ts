import { Duration, Stack, type StackProps, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { Pipeline } from '../../../../infra/index.ts';
import { plan } from './sample/graph.ts';

export class SampleStack extends Stack {
  readonly pipeline: Pipeline;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.pipeline = new Pipeline(this, 'Sample', {
      plan,
      handlers: 'lib/sample',
      timeout: Duration.hours(1),
      // What a failed run has left is there so long, to look at and to resume it.
      keepOnFailure: Duration.days(2),
      schedule: ScheduleExpression.cron({ minute: '0', hour: '6', timeZone: TimeZone.ETC_UTC }),
    });
  }
}
