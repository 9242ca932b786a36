import { rowGroupsOf } from '../../../lambdas/flights/source.ts';
import { sourceFile } from '../../../lambdas/flights/source-file.ts';
import type { Work } from './handler.ts';

export const work: Work = async ({ write }) => {
  await write('rowGroups', [JSON.stringify(await rowGroupsOf(sourceFile()))]);
};
