/** What `show` and `report` are about: a run as it stands, the plan to see it by, and where there is more. */

import { historyOf } from '../../history/builder.ts';
import type { Links } from '../../history/links.ts';
import type { RunHistory } from '../../history/run-history.ts';
import { RunsHere } from '../../local/runs-here.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { planOfRun, tryLoadPlan } from './plan-of-run.ts';
import type { Place, Places } from './where.ts';
import { type ChosenRun, chooseRun, type RunArguments } from './which-run.ts';

export interface ShownRun {
  readonly place: Place;
  readonly plan: Plan;
  readonly history: RunHistory;
  readonly links: Links;
  /** What is to be said of how it is shown, a sentence each. */
  readonly notes: readonly string[];
}

/** @throws as `chooseRun` */
export async function runToShow(args: RunArguments, places: Places): Promise<ShownRun> {
  return shownRun(await chooseRun(args, places, 'the latest one'));
}

async function shownRun({ place, run }: ChosenRun): Promise<ShownRun> {
  const { runs } = place;
  const [events, links, loaded] = await Promise.all([
    Array.fromAsync(runs.events(run)),
    runs.links(run),
    tryLoadPlan(runs.pipeline),
  ]);
  const tasks = events.flatMap((event) => (event.type === 'run-started' ? event.tasks : []));
  const { plan, notes } = planOfRun(runs.pipeline, tasks, loaded);
  const lacksEvents = runs instanceof RunsHere && !runs.hasEvents(run);
  return {
    place,
    plan,
    history: historyOf(plan, events),
    links,
    notes: lacksEvents
      ? [...notes, 'the run left no events, as those of earlier versions: what its result does not say is not known']
      : notes,
  };
}
