import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { inWords } from './errors.ts';
import type { AwsSettings } from './settings.ts';

export interface Clients {
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
}

/** A request that is throttled is made again after up to 20 seconds each time, so that this is a minute or two. */
const ATTEMPTS = 8;
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

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
  const patience = process.env['AWS_MAX_ATTEMPTS'] ? {} : { maxAttempts: ATTEMPTS };
  const common = { ...settings, ...patience, requestHandler: TIMEOUTS };
  return { sfn: new SFNClient(common), lambda: new LambdaClient(common) };
}

export function closeClients({ sfn, lambda }: Clients): void {
  sfn.destroy();
  lambda.destroy();
}
