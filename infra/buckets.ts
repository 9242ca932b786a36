import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

const PRIVATE: BucketProps = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
};

/**
 * Holds intermediates. Its lifecycle is the last net: whatever nothing else has deleted goes a week after the longest
 * run that wrote it must have ended. So the bucket outlives its stack, which could not be deleted with a kept run in it.
 */
export function createRunsBucket(scope: Construct, id: string, timeout: Duration): Bucket {
  const longestRunDays = Math.ceil(timeout.toDays({ integral: false }));
  return new Bucket(scope, id, {
    ...PRIVATE,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      {
        id: 'last-net',
        prefix: 'runs/',
        expiration: Duration.days(longestRunDays + 7),
        abortIncompleteMultipartUploadAfter: Duration.days(longestRunDays + 1),
      },
    ],
  });
}

/** Holds results. It outlives the stack, and a result written twice is there in both versions. */
export function createResultsBucket(scope: Construct, id: string): Bucket {
  return new Bucket(scope, id, {
    ...PRIVATE,
    versioned: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ id: 'broken-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
  });
}
