/** The tags by which a deployed pipeline is found, on its state machine and on its finalizer's. */
export const TAGS = {
  pipeline: 'ebbtide:pipeline',
  deployment: 'ebbtide:deployment',
  runsBucket: 'ebbtide:runs-bucket',
  resultsBucket: 'ebbtide:results-bucket',
  /** The ARN of the finalizer. */
  finalizer: 'ebbtide:finalizer',
  /** Of the finalizer: the deployment that it belongs to. */
  finalizerOf: 'ebbtide:finalizer-of',
} as const;

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_Tag.html */
const LONGEST = 256;

/** A text as the value of a tag, where not every character may be: two that differ only there become one. */
export function tagValue(text: string): string {
  return text.replaceAll(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, LONGEST);
}
