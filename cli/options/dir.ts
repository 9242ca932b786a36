/** Where runs keep their data, unless `--dir` says otherwise. */
export const DEFAULT_DIR = '.ebbtide';
