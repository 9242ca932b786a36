/** The error at the bottom of everything: what runs in a Lambda and what compiles a graph both know it. */

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
