/** The page that shows how a run went, in its folder: `report.html`. */

import { join } from 'node:path';
import { historyOf } from '../history/builder.ts';
import type { UntimedEvent } from '../history/events.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { writeWhole } from './runs/atomic-file.ts';
import { readEvents } from './runs/event-log.ts';
import { linksOf } from './runs/links.ts';
import type { RunFolder } from './runs/run-folder.ts';

export type RunEnded = Extract<UntimedEvent, { readonly type: 'run-ended' }>;

/**
 * @param ended the run's last event, before it is told
 * @returns it with the page's path; without where the page could not be made: the run itself went as it went
 */
export async function withReport(plan: Plan, folder: RunFolder, execution: string, ended: RunEnded): Promise<RunEnded> {
  const report = join(folder.path, 'report.html');
  try {
    // Only now: what draws it takes longer to load than to draw, and most of the CLI never needs it.
    const { renderReport } = await import('../report/index.ts');
    const at = new Date().toISOString();
    const history = historyOf(plan, [...readEvents(folder, execution), { at, ...ended }]);
    writeWhole(report, renderReport(plan, history, linksOf(folder), at));
  } catch {
    return ended;
  }
  return { ...ended, report };
}
