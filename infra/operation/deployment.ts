import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The longest value of a dimension. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html */
const LONGEST = 255;

/**
 * Tells a deployment of a pipeline from another in the same account and region: the stack's name and the way from the
 * stack to the construct, `EbbtideFlights/Flights`. Known at synth, so that functions can have it in their environment.
 */
export function deploymentOf(pipeline: Construct): string {
  let stack = Stack.of(pipeline);
  // The name of a nested stack is known only when it is deployed.
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  const within = pipeline.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  // What CloudWatch takes are ASCII characters, and in what the dashboard searches for no quotes.
  return [stack.stackName, ...within]
    .join('/')
    .replaceAll(/[^ -~]|['"\\]/g, '?')
    .slice(0, LONGEST);
}
