/** A data file that a handler imports is carried in its bundle; what it gets is the path, for `new URL(path, import.meta.url)`. */
declare module '*.parquet' {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: it is how a bundler hands over a file
  export default path;
}
declare module '*.csv' {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: it is how a bundler hands over a file
  export default path;
}
