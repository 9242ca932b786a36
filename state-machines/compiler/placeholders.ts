/** What stands in a definition for what only a deployment knows: `${extract}` for the ARN of the extract function. */

import type { Plan } from '../graph/plan.ts';

/** The cleanup function's ARN. */
export const CLEANUP_PLACEHOLDER = 'Cleanup';

/** The name of the bucket that runs keep their data in. */
export const RUNS_BUCKET_PLACEHOLDER = 'RunsBucket';

/** `aws`, or what stands for it in the ARNs of China (`aws-cn`), GovCloud (`aws-us-gov`) and others. */
export const PARTITION_PLACEHOLDER = 'Partition';

/** `merge-load` → `merge_load`: CloudFormation's placeholders have no hyphens. A number keeps two of them apart. */
export function placeholdersOf(plan: Plan): Record<string, string> {
  const taken = new Set<string>([CLEANUP_PLACEHOLDER, RUNS_BUCKET_PLACEHOLDER, PARTITION_PLACEHOLDER]);
  const functions: Record<string, string> = {};
  for (const { name } of plan.functions) {
    const wanted = name.replaceAll('-', '_');
    let placeholder = wanted;
    for (let count = 2; taken.has(placeholder); count++) placeholder = `${wanted}_${count}`;
    taken.add(placeholder);
    functions[name] = placeholder;
  }
  return functions;
}
