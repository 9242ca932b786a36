/** An event of GetExecutionHistory, as far as it is read. https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html */

import { isObject } from '../state-machines/contract/objects.ts';

/** The SDK's `HistoryEvent` is one too, and so is what `aws stepfunctions get-execution-history` prints. */
export type HistoryEvent = {
  readonly id: number | undefined;
  readonly previousEventId?: number | undefined;
  readonly type: string | undefined;
  /** A Date, or ISO 8601. */
  readonly timestamp: Date | string | undefined;
} & { readonly [Details in `${Told}EventDetails`]?: EventDetails | undefined };

type Told =
  | `execution${'Started' | 'Succeeded' | 'Failed' | 'Aborted' | 'TimedOut'}`
  | `state${'Entered' | 'Exited'}`
  | `lambdaFunction${'Scheduled' | 'ScheduleFailed' | 'StartFailed' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `task${'Scheduled' | 'StartFailed' | 'SubmitFailed' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `mapIteration${'Started' | 'Failed'}`
  | `mapRun${'Started' | 'Failed'}`
  | 'mapStateStarted';

/** What the details of all of them have. */
export interface EventDetails {
  /** A state's. */
  readonly name?: string | undefined;
  /** JSON, as are `output` and `parameters`; none of them where the history was asked for without data. */
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  readonly parameters?: string | undefined;
  readonly resource?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** Of a Map: how many items it has. */
  readonly length?: number | undefined;
  readonly index?: number | undefined;
  readonly mapRunArn?: string | undefined;
}

/** Of whichever kind the event is; an event has those of one. */
export function detailsOf(event: HistoryEvent): EventDetails {
  for (const [key, value] of Object.entries(event)) {
    if (key.endsWith('EventDetails') && isObject(value)) return value;
  }
  return {};
}

/** What a function was called with, by its ARN (`LambdaFunctionScheduled`) or as `lambda:invoke` (`TaskScheduled`). */
export function payloadIn({ input, parameters }: EventDetails): unknown {
  return parsed(input) ?? insideOf(parsed(parameters));
}

/** What a function answered; undefined where the history does not tell. */
export function answerIn({ output }: EventDetails): unknown {
  return insideOf(parsed(output));
}

export function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

function insideOf(value: unknown): unknown {
  if (!isObject(value) || !('Payload' in value)) return value;
  const { Payload } = value;
  return typeof Payload === 'string' ? parsed(Payload) : Payload;
}
