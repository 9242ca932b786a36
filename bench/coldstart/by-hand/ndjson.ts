import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export async function readNdjson<Row>(stream: Readable): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const line of createInterface({ input: stream })) rows.push(JSON.parse(line));
  return rows;
}

export function* ndjson(rows: Iterable<unknown>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}
