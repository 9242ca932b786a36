/** `ebbtide init`: what it would write and say; nothing is written here. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { explainName, isName, PIPELINE_NAME } from '../../state-machines/contract/names.ts';
import { type AppLines, appLines, deploySteps, nextSteps, type Step } from './next-steps.ts';
import { type Project, readProject } from './project.ts';
import { type Change, settingsFor } from './settings.ts';
import { type NewFile, pipelineFiles } from './templates.ts';

export interface Initiation {
  readonly pipeline: string;
  readonly project: Project;
  readonly files: readonly NewFile[];
  readonly changes: readonly Change[];
  readonly next: readonly Step[];
  /** What the user adds to a CDK app of their own. */
  readonly app?: AppLines;
  readonly deploy: readonly Step[];
}

/**
 * @param root the project's folder
 * @throws UsageError where the name is not allowed, the folder is no place for a pipeline, or any of the files is there
 */
export function initiate(pipeline: string, root: string): Initiation {
  if (!isName(PIPELINE_NAME, pipeline))
    throw new UsageError('InvalidOption', explainName('pipeline name', PIPELINE_NAME, pipeline));
  const project = readProject(root);
  const settings = settingsFor(project);
  const files = [...pipelineFiles(pipeline, project), ...settings.files];
  const there = files.filter(({ path }) => existsSync(join(root, path)));
  if (there.length > 0) {
    throw new UsageError(
      'FileExists',
      [
        `nothing is written, since ${there.length === 1 ? 'a file is' : `${there.length} files are`} there already, in ${root}:`,
        ...there.map(({ path }) => `  ${path}`),
        'choose another name, or move what is there',
      ].join('\n'),
    );
  }
  const app = appLines(pipeline, project);
  return {
    pipeline,
    project,
    files,
    changes: settings.changes,
    next: nextSteps(pipeline, project),
    ...(app && { app }),
    deploy: deploySteps(pipeline, project),
  };
}
