/** What a run's end would leave unsaid, on stderr. */

import type { RunEvent } from '../../history/events.ts';
import { NOT_CHECKED } from '../render/denials.ts';
import type { Terminal } from '../terminal.ts';

/** A run that nothing failed in has not shown that it survives a failure. */
export function warnOfUnreached(event: RunEvent, { stderr }: Terminal): void {
  if (event.type !== 'run-ended') return;
  for (const name of event.unreached ?? []) stderr.write(`--fail ${name} met no attempt: nothing was made to fail\n`);
}

/** Where the answer is JSON, beside it. */
export function warnOfPermissions(event: RunEvent, { stderr }: Terminal): void {
  if (event.type === 'denied') stderr.write(`denied: ${event.denial.message}\n`);
  if (event.type === 'permissions-not-checked') stderr.write(`${NOT_CHECKED}\n`);
}
