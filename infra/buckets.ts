import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SHORTEST_KEEP_SECONDS } from '../state-machines/contract/execution-input.ts';

/** For the reaper to be repaired in. */
const MARGIN = Duration.days(7);

/**
 * Holds intermediates. Its lifecycle is the last net, and must take nothing that anybody may still want: an object lives
 * through the run that wrote it, the time that the run is kept, a run that resumes it, and the time that this one is kept.
 * So what nothing else has deleted goes a week after two timeouts and two such times, the longer of `keepOnFailure` and
 * the day of `keep: true`. A run that is resumed once more by then may miss what it takes, and fails; nothing is lost
 * but time.
 *
 * The bucket outlives its stack, which could not be deleted with a kept run in it.
 */
export function createRunsBucket(scope: Construct, id: string, timeout: Duration, keepOnFailure: Duration): Bucket {
  const longestRunDays = Math.ceil(timeout.toDays({ integral: false }));
  const keepSeconds = Math.max(keepOnFailure.toSeconds(), SHORTEST_KEEP_SECONDS);
  const wanted = Duration.seconds(2 * (timeout.toSeconds() + keepSeconds));
  return createPrivateBucket(scope, id, {
    lifecycleRules: [
      {
        id: 'last-net',
        prefix: 'runs/',
        expiration: Duration.days(Math.ceil(wanted.plus(MARGIN).toDays({ integral: false }))),
        abortIncompleteMultipartUploadAfter: Duration.days(longestRunDays + 1),
      },
    ],
  });
}

/** Holds results. It outlives the stack, and a result written twice is there in both versions. */
export function createResultsBucket(scope: Construct, id: string): Bucket {
  return createPrivateBucket(scope, id, {
    versioned: true,
    lifecycleRules: [{ id: 'broken-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
  });
}

function createPrivateBucket(scope: Construct, id: string, props: BucketProps): Bucket {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN,
    ...props,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs need a bucket of the account, which this construct cannot choose; CloudTrail data events record the same, and who was refused, for all buckets of an account.',
  });
  return bucket;
}
