/** The events of an execution, in its run's folder: `events/<execution>.ndjson`, one JSON object a line. */

import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunEvent } from '../../history/events.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import type { RunFolder } from './run-folder.ts';

export function eventLogOf({ path }: Pick<RunFolder, 'path'>, execution: string): string {
  return join(path, 'events', `${execution}.ndjson`);
}

/** A run whose events cannot be written goes on: they only show it. */
export function appendEvent(folder: Pick<RunFolder, 'path'>, execution: string, event: RunEvent): void {
  const file = eventLogOf(folder, execution);
  try {
    if (event.type === 'run-started') mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${JSON.stringify(event)}\n`);
  } catch {
    // As when there is no room left: what the run itself cannot write, it says.
  }
}

/** @returns those that are whole: the process may have died in the middle of a line, and another gone on behind it */
export function readEvents(folder: Pick<RunFolder, 'path'>, execution: string): RunEvent[] {
  let text: string;
  try {
    text = readFileSync(eventLogOf(folder, execution), 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap(parseEvent);
}

export function parseEvent(line: string): RunEvent[] {
  try {
    const event: unknown = JSON.parse(line);
    return isObject(event) && typeof event['type'] === 'string' ? [event as unknown as RunEvent] : [];
  } catch {
    return [];
  }
}
