/**
 * Where in its machine each event of an execution's history is. An event of a function names no state, only the event
 * before it in its branch, or in its item of a Map: that one's place is its own, or the one that it leads to.
 */

import type { FailureInfo } from '../state-machines/contract/result.ts';
import { type EventDetails, type HistoryEvent, parsed } from './execution-history-event.ts';

/** One visit to a state. */
export interface Place {
  readonly state: string;
  /** The item of a Map that it is in, and where that Map is. */
  readonly item?: { readonly index: number; readonly of: Place };
  /** What the state was entered with. Only a Map's is kept, until it starts. */
  input?: unknown;
  /** How often its function has been called. */
  calls: number;
  /** Why it failed last. */
  error?: FailureInfo;
}

export class Places {
  readonly #places = new Map<number, Place>();
  readonly #functions: Readonly<Record<string, string>>;
  readonly #ofFunctions = new Map<string, Place>();
  #lastEntered = placeOf('');

  /** @param functions the names of states by the ARN of their function, for histories whose events are no chain */
  constructor(functions: Readonly<Record<string, string>> = {}) {
    this.#functions = functions;
  }

  /** Where an event is. */
  at({ id = 0, previousEventId, type = '' }: HistoryEvent, details: EventDetails): Place {
    const before = this.#places.get(previousEventId ?? 0) ?? this.#unchained(details);
    const place = placeAfter(before, type, details);
    this.#places.set(id, place);
    if (type.endsWith('StateEntered')) this.#lastEntered = place;
    return place;
  }

  /** Of an emulator's, say, which enters no states inside of a Parallel, but names the function. */
  #unchained({ resource }: EventDetails): Place {
    if (resource === undefined) return placeOf('');
    const state = this.#functions[resource];
    if (state === undefined) return this.#lastEntered;
    const place = this.#ofFunctions.get(resource) ?? placeOf(state);
    this.#ofFunctions.set(resource, place);
    return place;
  }
}

function placeAfter(before: Place, type: string, { name = '', index = 0, input }: EventDetails): Place {
  if (type === 'MapStateEntered') return { ...placeOf(name, before.item), input: parsed(input) };
  if (type.endsWith('StateEntered')) return placeOf(name, before.item);
  if (type === 'MapIterationStarted') return placeOf(before.state, { index, of: before });
  if (type.startsWith('MapState') || type.startsWith('MapRun')) return before.item?.of ?? before;
  return before;
}

function placeOf(state: string, item?: Place['item']): Place {
  return { state, ...(item && { item }), calls: 0 };
}
