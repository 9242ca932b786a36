declare module 'asl-validator' {
  interface Report {
    readonly isValid: boolean;
    errorsText(separator?: string): string;
  }
  /** Adds `QueryLanguage` to every state of the definition that it is given. */
  // biome-ignore lint/style/noDefaultExport: what the package's `module.exports` is to an ES module
  export default function validate(definition: object, options?: { checkArn?: boolean; checkPaths?: boolean }): Report;
}
