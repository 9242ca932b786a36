/**
 * List prices in USD, without free tiers and discounts by volume. Other regions have others, by up to a half more.
 *
 * Looked up by hand, and never asked for while a plan is made: `PRICES.asOf` says when.
 */

export const PRICES = {
  region: 'us-east-1',
  asOf: '2026-11',
  /** https://aws.amazon.com/step-functions/pricing/ */
  stateTransition: 0.000_025,
  /** https://aws.amazon.com/lambda/pricing/ for arm64, on which all functions run. */
  lambdaRequest: 0.000_000_2,
  lambdaGbSecond: 0.000_013_333_4,
  /** https://aws.amazon.com/s3/pricing/ for S3 Standard: PUT, COPY, POST, LIST. Deletes are free. */
  s3Write: 0.000_005,
  /** GET, HEAD, and all others. */
  s3Read: 0.000_000_4,
  /** https://aws.amazon.com/cloudwatch/pricing/ a month, charged by the hour in which it is sent. */
  metric: 0.3,
  alarm: 0.1,
  /** https://aws.amazon.com/xray/pricing/ */
  trace: 0.000_005,
  /** https://aws.amazon.com/eventbridge/pricing/ a start by EventBridge Scheduler. */
  scheduledStart: 0.000_001,
} as const;

export const PRICE_SOURCES = [
  'https://aws.amazon.com/step-functions/pricing/',
  'https://aws.amazon.com/lambda/pricing/',
  'https://aws.amazon.com/s3/pricing/',
  'https://aws.amazon.com/cloudwatch/pricing/',
  'https://aws.amazon.com/eventbridge/pricing/',
] as const;

/** A month as AWS reckons: a twelfth of 365 days. */
export const HOURS_A_MONTH = 730;
