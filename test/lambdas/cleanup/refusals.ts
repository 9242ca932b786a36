/** DeleteObjects as S3 answers it where some keys may not be deleted: 200, with their names in `Errors`. */

// biome-ignore lint/suspicious/noExplicitAny: the input and output of DeleteObjects
export async function deleteAllBut(kept: RegExp, input: any, send: (input: any) => Promise<any>): Promise<any> {
  const objects: { Key: string }[] = input.Delete.Objects;
  const refused = objects.filter(({ Key }) => kept.test(Key));
  const others = objects.filter(({ Key }) => !kept.test(Key));
  if (others.length > 0) await send({ ...input, Delete: { ...input.Delete, Objects: others } });
  const Errors = refused.map(({ Key }) => ({ Key, Code: 'AccessDenied', Message: 'not this one' }));
  return { $metadata: {}, ...(Errors.length > 0 && { Errors }) };
}
