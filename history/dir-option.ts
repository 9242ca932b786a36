/** Where runs of a machine keep their data, as the command line names it. */

/** Unless `--dir` says otherwise. */
export const DEFAULT_DIR = '.ebbtide';

/** What leads a command there again, as it is typed in a shell, with a space before it. */
export function dirOption(dir: string): string {
  return dir === DEFAULT_DIR ? '' : ` --dir ${inShell(dir)}`;
}

function inShell(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
