/** Where there is more to see of a run than its history. */

export interface Links {
  /** The execution in the console. */
  readonly execution?: string;
  /** The execution of its finalizer, where it has one. */
  readonly finalizer?: string;
  /** Where each task's and hook's function logs, by its name. */
  readonly logs: Readonly<Record<string, LogPointer>>;
  /** Where the durable outputs are. */
  readonly results?: LogPointer;
}

export interface LogPointer {
  /** What to look for, and where: a file here, a log group and a filter on AWS. */
  readonly text: string;
  readonly url?: string;
}
