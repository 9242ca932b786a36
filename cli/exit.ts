/** Exit codes: API for scripts. */
export const EXIT = { done: 0, runFailed: 1, wrongUse: 2 } as const;
