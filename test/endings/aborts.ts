/** An abort at each state that a run can come to: as it is entered, and, where it calls a function, while that one runs. */

import { compile } from '../../state-machines/compiler/compile.ts';
import { STATES } from '../../state-machines/contract/states.ts';
import { type FunctionName, planOfEndings } from './pipeline.ts';
import { failure, RUN, type Scene, type SceneOptions } from './scene.ts';
import { type CheckedEnding, type Expected, play, type Story } from './story.ts';

/** A way through the machine. */
interface Way {
  readonly title: string;
  readonly failing?: readonly FunctionName[];
  /** States whose call fails, though their functions do not, and with what error. */
  readonly breaking?: Readonly<Record<string, string>>;
}

/** Retry and Catch with States.ALL do not match it. */
const TOO_LARGE = 'States.DataLimitExceeded';

const WAYS: readonly Way[] = [
  { title: 'a run of which a task fails', failing: ['right'] },
  { title: 'a run that succeeds' },
  { title: 'a run of which a chunk fails', failing: ['part'] },
  { title: 'a run of which nothing runs but the first task', failing: ['extract'] },
  { title: 'a run of which a task and both hooks fail', failing: ['left', 'alert', 'report'] },
  { title: 'a run that loses its notes', breaking: { left: TOO_LARGE } },
  { title: 'a run whose cleanup is sent too much', failing: ['right'], breaking: { [STATES.cleanup]: TOO_LARGE } },
  { title: 'a run whose cleanup fails', breaking: { [STATES.cleanup]: 'Broken' } },
  {
    title: 'a run of which a task and the cleanup fail',
    failing: ['right'],
    breaking: { [STATES.cleanup]: 'Broken' },
  },
  {
    title: 'a run that loses its notes and whose cleanup fails',
    breaking: { left: TOO_LARGE, [STATES.cleanup]: 'Broken' },
  },
];

/** A state, and a way that comes to it. */
export interface Place {
  readonly state: string;
  readonly callsFunction: boolean;
  readonly way: Way;
  /** How the run of that way went. */
  readonly story: Story;
}

/** Goes each way once, to see where it leads. */
export async function findPlaces(): Promise<{
  readonly places: readonly Place[];
  readonly unreached: readonly string[];
}> {
  const types = typesOf(compile(planOfEndings()).definition as unknown as AnyBranch);
  const places = new Map<string, Place>();
  for (const way of WAYS) {
    const story = await play({ ...going(way), title: way.title });
    for (const state of story.states) {
      if (!places.has(state)) places.set(state, { state, callsFunction: types.get(state) === 'Task', way, story });
    }
  }
  return { places: [...places.values()], unreached: [...types.keys()].filter((state) => !places.has(state)) };
}

export function abortAsEntered(place: Place): CheckedEnding {
  const { state, way } = place;
  const ending = going(way);
  return {
    title: `${state}, in ${way.title}`,
    ...ending,
    prepare: (scene) => {
      ending.prepare(scene);
      scene.onState = (execution, entered) => {
        if (execution === RUN && entered === state) scene.stop();
      };
      return untilIdle;
    },
    expected: expectedAt(place),
  };
}

export function abortAtWork(place: Place): CheckedEnding {
  const { state, way } = place;
  const { options, prepare } = going(way);
  return {
    title: `${state}, in ${way.title}`,
    options: {
      around: (call, scene) => {
        const answer = options.around(call, scene);
        if (call.state === state && call.execution === RUN) scene.stop();
        return answer;
      },
    },
    prepare: (scene) => {
      prepare(scene);
      return untilIdle;
    },
    expected: expectedAt(place),
  };
}

async function untilIdle(scene: Scene): Promise<void> {
  await scene.account.pipeline.over(RUN);
  await scene.functionsAreIdle();
}

function going({ failing = [], breaking = {} }: Way) {
  const around: NonNullable<SceneOptions['around']> = async ({ state, execution, go }, scene) => {
    const answer = await go();
    const error = scene.isRunning() && execution === RUN ? breaking[state] : undefined;
    if (error !== undefined) throw failure(error);
    return answer;
  };
  return { options: { around }, prepare: (scene: Scene) => scene.fail(...failing) };
}

/**
 * Up to its cleanup, a run that is aborted has hooks to run yet, of which one that has failed before is tried once more;
 * behind it there is nothing left to do but to clean up.
 */
function expectedAt({ state, way: { failing = [] }, story: { states, hooks, published } }: Place): Expected {
  const upToHere = states.slice(0, states.indexOf(state) + 1);
  const cleanup = [STATES.cleanup, STATES.cleanupFromRecords].some((one) => upToHere.includes(one));
  const run = !upToHere.some((one) =>
    [STATES.anyFailure, STATES.notes, STATES.errors].some((behind) => behind === one),
  );
  const times = (hook: FunctionName) => (failing.includes(hook) && upToHere.slice(0, -1).includes(hook) ? 2 : 1);
  return {
    status: 'ABORTED',
    reason: 'Aborted',
    hooks: cleanup ? hooks : { alert: times('alert'), report: times('report'), notify: 1 },
    gone: 'the finalizer is over',
    leavesSomething: false,
    // What else is at work in the run is at its own place.
    published: run ? 'perhaps' : published !== undefined,
  };
}

interface AnyBranch {
  readonly States: Readonly<
    Record<string, { readonly Type: string; readonly Branches?: AnyBranch[]; readonly ItemProcessor?: AnyBranch }>
  >;
}

function typesOf({ States }: AnyBranch): Map<string, string> {
  const types = new Map<string, string>();
  for (const [name, { Type, Branches = [], ItemProcessor }] of Object.entries(States)) {
    types.set(name, Type);
    for (const inner of [...Branches, ...(ItemProcessor ? [ItemProcessor] : [])]) {
      for (const [state, type] of typesOf(inner)) types.set(state, type);
    }
  }
  return types;
}
