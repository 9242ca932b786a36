/** What every benchmark does around its work. */

/** Options or files that cannot be: the message says which, and what to give. */
export class WrongUse extends Error {
  override readonly name: string = 'WrongUse';
}

/** Ends with the exit code of the work: 0 when the bounds are kept, 1 when one is missed; with 2 for wrong use. */
export async function runBench(work: () => number | Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    const wrongUse = error instanceof WrongUse || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
    if (!wrongUse) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}
