/** DeleteObjects as S3 answers it where some keys may not be deleted: 200, with their names in `Errors`. */

// biome-ignore lint/suspicious/noExplicitAny: the input and output of DeleteObjects
type Any = any;

/** @param code why those are not deleted, by S3's name for it */
export async function deleteAllBut(
  kept: RegExp,
  input: Any,
  send: (input: Any) => Promise<Any>,
  code = 'AccessDenied',
): Promise<Any> {
  const objects: { Key: string }[] = input.Delete.Objects;
  const refused = objects.filter(({ Key }) => kept.test(Key));
  const others = objects.filter(({ Key }) => !kept.test(Key));
  if (others.length > 0) await send({ ...input, Delete: { ...input.Delete, Objects: others } });
  const Errors = refused.map(({ Key }) => ({ Key, Code: code, Message: 'not this one' }));
  return { $metadata: {}, ...(Errors.length > 0 && { Errors }) };
}
