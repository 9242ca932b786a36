/** What the template says about who may do what, with the names and ARNs that things have here. */

export interface Permissions {
  /** By the function's ARN. */
  readonly functions: ReadonlyMap<string, Principal>;
  readonly stateMachine: Principal;
  readonly finalizer: Principal;
  /** By the bucket's name. */
  readonly bucketPolicies: ReadonlyMap<string, PolicyDocument>;
}

/** A role, as somebody has taken it on. */
export interface Principal {
  /** In the user's words: `task "aggregate"`. */
  readonly who: string;
  /** The task or the hook whose function it is. */
  readonly task?: string;
  readonly role: string;
  /** Of the role's session. */
  readonly arn: string;
  readonly policies: readonly Policy[];
  /** Of a state machine: its ARN. */
  readonly machine?: string;
  /** What the Lambda service itself does in the role of a function. */
  readonly byLambda?: readonly Call[];
}

export interface Policy {
  readonly name: string;
  readonly document: PolicyDocument;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly Statement[];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [element: string]: unknown;
}

/** One action on one resource. */
export interface Call {
  readonly action: string;
  /** An ARN, or a star for an action that has none. */
  readonly resource: string;
  /** Condition keys that the request fills in, besides those that every request has. */
  readonly context?: Readonly<Record<string, string>>;
}
