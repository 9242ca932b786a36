/** What the reaper is called with. Nothing is believed of an event but whose it is. */

import { explainName, isName, RUN_ID } from '../../state-machines/contract/names.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import { show } from '../../state-machines/contract/show.ts';
import { executionArn } from './step-functions.ts';

export type ReaperEvent =
  /** An execution has ended. */
  | { readonly execution: string }
  /** See to all runs: by the schedule, or by whoever invokes the function. */
  | { readonly dryRun: boolean }
  | { readonly refused: string };

/** @param stateMachine the ARN of the pipeline's state machine: no other's executions are any business of its reaper */
export function parseReaperEvent(payload: unknown, stateMachine: string): ReaperEvent {
  const event = payload ?? {};
  if (!isObject(event)) return { refused: `an event must be an object; given: ${show(event)}` };
  const { 'detail-type': type, source, detail } = event;
  if (type === undefined) return parseVisit(event);
  if (type === 'Scheduled Event' && source === 'aws.events') return { dryRun: false };
  if (type === 'Step Functions Execution Status Change' && source === 'aws.states')
    return parseEnded(detail, stateMachine);
  return { refused: `events of the type ${show(type)} from ${show(source)} are none of the reaper's` };
}

/** A misspelt `dryRun` must not delete anything. */
function parseVisit(event: Readonly<Record<string, unknown>>): ReaperEvent {
  const { dryRun = false, ...unknown } = event;
  if (typeof dryRun === 'boolean' && Object.keys(unknown).length === 0) return { dryRun };
  return { refused: `invoke the reaper with {} or { "dryRun": true }; given: ${show(event)}` };
}

function parseEnded(detail: unknown, stateMachine: string): ReaperEvent {
  if (!isObject(detail)) return { refused: `the event's detail must be an object; given: ${show(detail)}` };
  const { name, stateMachineArn, executionArn: arn } = detail;
  if (stateMachineArn !== stateMachine)
    return { refused: `the event is of ${show(stateMachineArn)}, not of this pipeline's ${stateMachine}` };
  if (!isName(RUN_ID, name)) return { refused: explainName('execution name', RUN_ID, name) };
  if (arn !== executionArn(stateMachine, name)) return { refused: `${show(arn)} is not the ARN of "${name}"` };
  return { execution: name };
}
