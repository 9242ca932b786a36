import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';

/** CopyObject takes no more (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html). */
export const LARGEST_COPY_BYTES = 5 * 1024 ** 3;

interface Place {
  readonly bucket: string;
  readonly key: string;
}

/** Copies an object inside S3 part by part, for objects that are too large for one CopyObject. Replaces nothing. */
export async function copyLarge(
  s3: S3Client,
  from: Place,
  to: Place,
  bytes: number,
  partBytes: number = 1024 ** 3,
): Promise<void> {
  const target = { Bucket: to.bucket, Key: to.key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  try {
    const parts = [];
    for (let start = 0, number = 1; start < bytes; start += partBytes, number++) {
      const end = Math.min(start + partBytes, bytes);
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          ...target,
          UploadId,
          PartNumber: number,
          CopySource: `${from.bucket}/${from.key}`,
          CopySourceRange: `bytes=${start}-${end - 1}`,
        }),
      );
      parts.push({ PartNumber: number, ETag: CopyPartResult?.ETag });
    }
    const complete = { ...target, UploadId, MultipartUpload: { Parts: parts }, IfNoneMatch: '*' };
    await s3.send(new CompleteMultipartUploadCommand(complete));
  } catch (error) {
    await s3.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
}
