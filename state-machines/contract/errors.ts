/** The errors at the bottom of everything. */

export type ContractErrorCode = 'InvalidName' | 'InvalidEvent' | 'InvalidRecord';

/** Something that crossed a boundary (a name, an event, a stored record) is not what the contract says. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
  readonly code: ContractErrorCode;

  constructor(code: ContractErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type UsageErrorCode =
  | 'AmbiguousDeployment'
  | 'HandlerInvalid'
  | 'HandlerMissing'
  | 'InvalidInput'
  | 'InvalidOption'
  | 'InvalidRunId'
  | 'NotDeployed'
  | 'NotPermitted'
  | 'NotResumable'
  | 'NotRunning'
  | 'PipelineInvalid'
  | 'RunExists'
  | 'UnknownPipeline'
  | 'UnknownRun'
  | 'UnknownTask';

/** Somebody asked for what cannot be: the message says what was given, what is allowed, and what to do. */
export class UsageError extends Error {
  /** By its name: a loader such as tsx makes a second copy of this module, and with it of this class. */
  static override [Symbol.hasInstance](value: unknown): value is UsageError {
    return value instanceof Error && value.name === 'UsageError';
  }

  override readonly name = 'UsageError';
  readonly code: UsageErrorCode;

  constructor(code: UsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
