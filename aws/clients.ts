import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { inWords, isUnreached } from './errors.ts';
import type { AwsSettings } from './settings.ts';

export interface Clients {
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
}

/** A request that is throttled is made again after up to 20 seconds each time, so that this is a minute or two. */
const ATTEMPTS = 8;
/** Where there is no network, whoever asks is to know that within seconds. */
const ATTEMPTS_TO_REACH = 2;
const TIMEOUTS = { connectionTimeout: 4_000, requestTimeout: 15_000, throwOnRequestTimeout: true };

/**
 * Uses clients, and destroys them.
 *
 * @throws AwsError for whatever AWS, or the way to it, refuses
 */
export async function withClients<T>(settings: AwsSettings, use: (clients: Clients) => Promise<T>): Promise<T> {
  const clients = openClients(settings);
  try {
    return await use(clients);
  } catch (error) {
    throw inWords(error);
  } finally {
    closeClients(clients);
  }
}

export function openClients(settings: AwsSettings): Clients {
  const isToldHowOften = Boolean(process.env['AWS_MAX_ATTEMPTS']);
  const patience = isToldHowOften ? {} : { maxAttempts: ATTEMPTS };
  const region = settings.region ?? regionOfEnvironment();
  const common = { ...settings, ...(region && { region }), ...patience, requestHandler: TIMEOUTS };
  const clients = { sfn: new SFNClient(common), lambda: new LambdaClient(common) };
  if (!isToldHowOften) for (const client of Object.values(clients)) giveUpUnreached(client);
  return clients;
}

/** The AWS CLI reads it too, before a profile's region; the SDK does not. */
function regionOfEnvironment(): string | undefined {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  return AWS_REGION ? undefined : AWS_DEFAULT_REGION;
}

/** The SDK counts a request that did not reach AWS as one that AWS would not take, and makes it again as often. */
function giveUpUnreached({ config }: SFNClient | LambdaClient): void {
  const { retryStrategy } = config;
  config.retryStrategy = async () => {
    const strategy = await retryStrategy();
    if (!('refreshRetryTokenForRetry' in strategy)) return strategy;
    return {
      acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
      refreshRetryTokenForRetry: async (token, info) => {
        if (token.getRetryCount() + 1 >= ATTEMPTS_TO_REACH && isUnreached(info.error)) throw info.error;
        return strategy.refreshRetryTokenForRetry(token, info);
      },
      recordSuccess: (token) => strategy.recordSuccess(token),
    };
  };
}

export function closeClients({ sfn, lambda }: Clients): void {
  sfn.destroy();
  lambda.destroy();
}
