import { TaskGraph, text } from '../../../state-machines/index.ts';

const graph = new TaskGraph('minimal');

export const copy = graph.addTask('copy', { outputs: { copied: text() } });

export const plan = graph.build();
