/** Where the tasks of a graph are drawn: in layers, each behind all that it depends on. */

import { Graph, layout } from '@dagrejs/dagre';
import type { Facts, Part } from './facts.ts';

export interface Place {
  readonly part: Part;
  /** The upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Line {
  readonly from: Part;
  readonly to: Part;
  /** The outputs that the one takes of the other, `raw`; none where it only comes after it. */
  readonly refs: readonly string[];
  readonly points: readonly Point[];
  readonly label?: Point;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly places: readonly Place[];
  readonly lines: readonly Line[];
}

export const NODE_HEIGHT = 74;
const NARROWEST = 186;
const WIDEST = 256;
/** As wide as those of a name are at most, on average. */
const CHARACTER = 8.9;
const PADDING = 48;
const MARGIN = 12;
/** How many characters of a name fit into the widest node. */
export const NAME_LENGTH = Math.floor((WIDEST - PADDING) / CHARACTER);
/** Of more edges, the labels would only hide each other. */
const LABELLED_EDGES = 24;
/** A graph of more is drawn wave by wave: the layout's time grows faster than the graph. */
const LAID_OUT = 800;
/** The page's width: what does not fit scrolls. */
const FITTING = 1080;

type Edge = Omit<Line, 'points' | 'label'>;

export function layoutOf({ plan, tasks }: Facts): GraphLayout {
  const edges = edgesBetween(tasks);
  const waves = plan.waves();
  if (edges.length + tasks.length > LAID_OUT) return inWaves(waves, tasks, edges);
  const across = inLayers(tasks, edges, 'LR');
  if (across.width <= FITTING) return across;
  const widest = waves.reduce((most, wave) => Math.max(most, wave.length), 0);
  if (widest * NARROWEST > FITTING) return across;
  // Time goes from left to right, unless only the other way fits.
  const down = inLayers(tasks, edges, 'TB');
  return down.width <= FITTING ? down : across;
}

function edgesBetween(tasks: readonly Part[]): Edge[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  return tasks.flatMap((to) => {
    const { dependencies = [], inputs = {}, each } = to.planned ?? {};
    const taken = [...Object.values(inputs), ...(each ? [each] : [])];
    return dependencies.flatMap((name) => {
      const from = byName.get(name);
      const refs = new Set(taken.flatMap(({ task, output }) => (task === name ? [output] : [])));
      return from ? [{ from, to, refs: [...refs] }] : [];
    });
  });
}

function inLayers(tasks: readonly Part[], edges: readonly Edge[], rankdir: 'LR' | 'TB'): GraphLayout {
  const labelled = edges.length <= LABELLED_EDGES;
  const graph = new Graph();
  graph.setGraph({ rankdir, nodesep: 22, edgesep: 14, ranksep: labelled ? 36 : 72, marginx: MARGIN, marginy: MARGIN });
  const nodeWidth = widthFor(tasks);
  for (const task of tasks) graph.setNode(task.id, { width: nodeWidth, height: NODE_HEIGHT });
  for (const { from, to, refs } of edges) {
    const label =
      labelled && refs.length > 0 ? { width: 8 + 6.6 * labelOf(refs).length, height: 16, labelpos: 'c' } : {};
    graph.setEdge(from.id, to.id, label);
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    places: tasks.map((part) => {
      const { x = 0, y = 0, width } = graph.node(part.id);
      return { part, width, x: x - width / 2, y: y - NODE_HEIGHT / 2 };
    }),
    lines: edges.map((edge) => {
      const { points = [], x, y } = graph.edge(edge.from.id, edge.to.id);
      const [from, to] = [graph.node(edge.from.id), graph.node(edge.to.id)].map(({ x = 0, y = 0 }) => ({ x, y }));
      const way =
        from && to ? betweenSides(points, from, to, nodeWidth, rankdir, labelled && edge.refs.length > 0) : points;
      const label = labelled && edge.refs.length > 0 && x !== undefined && y !== undefined ? { x, y } : undefined;
      return { ...edge, points: way, ...(label && { label }) };
    }),
  };
}

function inWaves(waves: readonly (readonly string[])[], tasks: readonly Part[], edges: readonly Edge[]): GraphLayout {
  const waveOf = new Map(waves.flatMap((names, wave) => names.map((name) => [name, wave] as const)));
  const filled: number[] = [];
  const places = tasks.map((part) => {
    const wave = waveOf.get(part.name) ?? 0;
    const row = filled[wave] ?? 0;
    filled[wave] = row + 1;
    return { part, width: WIDEST, x: MARGIN + wave * (WIDEST + 90), y: MARGIN + row * (NODE_HEIGHT + 18) };
  });
  const placeOf = new Map(places.map((place) => [place.part, place]));
  const lines = edges.map((edge) => {
    const [from, to] = [placeOf.get(edge.from), placeOf.get(edge.to)];
    const middle = NODE_HEIGHT / 2;
    const points =
      from && to
        ? [
            { x: from.x + from.width, y: from.y + middle },
            { x: to.x, y: to.y + middle },
          ]
        : [];
    return { ...edge, points };
  });
  return {
    width: MARGIN + filled.length * (WIDEST + 90),
    height: 2 * MARGIN + filled.reduce((most, rows) => Math.max(most, rows), 0) * (NODE_HEIGHT + 18),
    places,
    lines,
  };
}

export function labelOf(refs: readonly string[]): string {
  const text = refs.length > 2 ? `${refs[0]} and ${refs.length - 1} more` : refs.join(', ');
  return text.length > 26 ? `${text.slice(0, 25)}…` : text;
}

/** All are as wide as the longest name needs, so that layers are columns. */
function widthFor(tasks: readonly Part[]): number {
  const longest = tasks.reduce((most, { name }) => Math.max(most, name.length), 0);
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, PADDING + CHARACTER * longest)));
}

/** From the middle of one side to the middle of the other, by way of what lies between. */
function betweenSides(
  points: readonly Point[],
  from: Point,
  to: Point,
  width: number,
  rankdir: 'LR' | 'TB',
  isLabelled: boolean,
): Point[] {
  // Between neighbours there is nothing to go around.
  const way = points.length > 3 || isLabelled ? points.slice(1, -1) : [];
  const [x, y] = rankdir === 'LR' ? [width / 2, 0] : [0, NODE_HEIGHT / 2];
  return [{ x: from.x + x, y: from.y + y }, ...way, { x: to.x - x, y: to.y - y }];
}
