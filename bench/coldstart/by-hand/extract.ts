import { openIntake, validFlights } from '../../../lambdas/flights/checks.ts';
import { readRowGroup } from '../../../lambdas/flights/source.ts';
import { sourceFile } from '../../../lambdas/flights/source-file.ts';
import type { Flight, RowGroup } from '../../../state-machines/pipelines/flights.ts';
import type { Work } from './handler.ts';

const NUMBERS = ['departure', 'delay', 'distance'] as const;
const CODES = ['origin', 'destination'] as const;

export const work: Work = async ({ write }, { chunk }) => {
  const group = chunk as RowGroup;
  const intake = openIntake();
  const flights = validFlights(await readRowGroup(sourceFile(), group), group.firstRow, intake);
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const column = <Name extends keyof Flight>(name: Name) => flights.map((flight) => flight[name]);
  const columnData = [
    ...NUMBERS.map((name) => ({ name, data: column(name), type: 'INT32' as const })),
    ...CODES.map((name) => ({ name, data: column(name), type: 'STRING' as const })),
  ];
  await write(`raw-${group.firstRow}`, [new Uint8Array(parquetWriteBuffer({ columnData }))]);
  await write(`intake-${group.firstRow}`, [JSON.stringify(intake)]);
};
