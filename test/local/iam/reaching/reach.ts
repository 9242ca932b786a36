/** Tries what its role does not allow, and takes no notice. */

import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { task } from '../../../../lambdas/runtime/index.ts';
import { reach } from './graph.ts';

const s3 = new S3Client({ forcePathStyle: true });

export const handler = task(reach, async ({ inputs, run }) => {
  await inputs.shared.read();
  const record = { Bucket: 'runs', Key: `runs/reaching/${run}/other/_committed.json` };
  const { Body } = await s3.send(new GetObjectCommand(record));
  const { outputs } = JSON.parse((await Body?.transformToString()) ?? '');
  const attempts = [
    new GetObjectCommand({ Bucket: 'runs', Key: outputs.secret.key }),
    new PutObjectCommand({ Bucket: 'elsewhere', Key: 'a', Body: 'x' }),
    new ListBucketsCommand(),
  ];
  for (const attempt of attempts) await s3.send(attempt as GetObjectCommand).catch(() => undefined);
});
