import { UsageError } from '../state-machines/contract/errors.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { show } from '../state-machines/contract/show.ts';
import { checkedPlan } from '../state-machines/graph/checked-plan.ts';
import { nearest } from '../state-machines/graph/nearest.ts';
import type { PipelineProps } from './pipeline.ts';

const KNOWN: readonly string[] = [
  'plan',
  'handlers',
  'timeout',
  'keepOnFailure',
  'reapEvery',
  'schedule',
  'alarmTopic',
  'dashboard',
] satisfies (keyof PipelineProps)[];

/** JavaScript checks no types; what else each must be is checked where it is used. @throws UsageError */
export function checkedProps(id: string, props: PipelineProps): PipelineProps {
  const where = `the pipeline ${id}`;
  const refused = (why: string) => new UsageError('InvalidOption', `${where} ${why}`);
  if (!isObject(props)) throw refused(`has ${show(props)} for its props; give { plan, handlers }`);
  for (const key of Object.keys(props)) {
    // A construct of the user's may hand its own props on; a misspelt one is like one that is missing.
    const meant = KNOWN.includes(key)
      ? undefined
      : nearest(
          key,
          KNOWN.filter((known) => !Object.hasOwn(props, known)),
        );
    if (meant !== undefined) throw refused(`has no "${key}"; did you mean "${meant}"?`);
  }
  const { plan, handlers, alarmTopic, dashboard } = props;
  checkedPlan(plan, where);
  if (typeof handlers !== 'string' || handlers === '')
    throw refused(
      `has handlers ${show(handlers)}; give the folder with a file for each task, such as 'lambdas/${plan.pipeline}'`,
    );
  if (alarmTopic !== undefined && !(isObject(alarmTopic) && 'topicArn' in alarmTopic))
    throw refused(
      `has alarmTopic ${show(alarmTopic)}; give a topic of SNS: new Topic(…), or Topic.fromTopicArn(…) of one that there is`,
    );
  if (dashboard !== undefined && typeof dashboard !== 'boolean')
    throw refused(`has dashboard ${show(dashboard)}; it must be true or false`);
  return props;
}
