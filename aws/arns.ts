/** ARNs of Step Functions, taken apart and put together. */

import { UsageError } from '../state-machines/contract/errors.ts';
import { show } from '../state-machines/contract/show.ts';

export interface MachineArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

const STATE_MACHINE = /^arn:([a-z-]+):states:([a-z0-9-]+):(\d{12}):stateMachine:([^:/]+)$/;

/** @throws UsageError where it is no ARN of a state machine, without a version or an alias */
export function parseStateMachineArn(arn: string): MachineArn {
  const [, partition, region, account, name] = STATE_MACHINE.exec(arn) ?? [];
  if (partition && region && account && name) return { partition, region, account, name };
  throw new UsageError(
    'InvalidOption',
    `${show(arn)} is not the ARN of a state machine: it must be like arn:aws:states:eu-west-1:123456789012:stateMachine:<name>, as the stack's output StateMachineArn has it`,
  );
}

export function executionArn(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}
