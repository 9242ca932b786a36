import { json, TaskGraph } from '../../../../state-machines/index.ts';

export const graph = new TaskGraph('reaching');
export const other = graph.addTask('other', { outputs: { secret: json<string>(), shared: json<number>() } });
export const reach = graph.addTask('reach', { inputs: { shared: other.outputs.shared } });
export const plan = graph.build();
