import { fileURLToPath } from 'node:url';
import flightsFile from '../../node_modules/vega-datasets/data/flights-3m.parquet';

/** The path of the source, which every function that asks for it carries in its bundle. */
export function sourceFile(): string {
  return fileURLToPath(new URL(flightsFile, import.meta.url));
}
