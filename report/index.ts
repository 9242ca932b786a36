import type { Links } from '../history/links.ts';
import type { RunHistory } from '../history/run-history.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { factsOf } from './facts.ts';
import { renderPage } from './page.ts';

/**
 * How a run went, or goes, as one HTML document that needs nothing else: its graph, a timeline, the data that it held,
 * its tasks, its errors. What comes from outside, such as names and errors, is only ever text in it.
 *
 * @param plan of the pipeline as it is now; the run may be of an older one
 * @param links of a run on AWS to its console, and to logs; only https and file URLs become links
 * @param madeAt ISO 8601: until when a run is drawn that goes on @default now
 */
export function renderReport(
  plan: Plan,
  history: RunHistory,
  links: Links = { logs: {} },
  madeAt: string = new Date().toISOString(),
): string {
  return renderPage(factsOf(plan, history, links, madeAt));
}
