import type { Work } from './handler.ts';

export const work: Work = ({ run, write }) => write('copied', [run]);
