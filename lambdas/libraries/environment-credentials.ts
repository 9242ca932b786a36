/**
 * What bundles have in place of `@aws-sdk/credential-provider-node`: the first provider of its chain, with its exports.
 * Lambda puts a function's credentials into the environment. The rest of the chain (profiles, SSO, processes, web
 * identities, instances) is a third of the SDK's code there.
 */

import { fromEnv } from '@aws-sdk/credential-provider-env';

type Provider = ReturnType<typeof fromEnv>;
type Credentials = Pick<Awaited<ReturnType<Provider>>, 'expiration'>;

export function defaultProvider(init: Parameters<typeof fromEnv>[0] = {}): Provider {
  const provider = fromEnv(init);
  return async () => {
    try {
      return await provider();
    } catch (cause) {
      throw new EnvironmentCredentialsError(cause);
    }
  };
}

/** There are none. Named as the SDK names it. */
class EnvironmentCredentialsError extends Error {
  override readonly name = 'CredentialsProviderError';

  constructor(cause: unknown) {
    super(
      'no AWS credentials in the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set, as Lambda sets them; ' +
        'functions that Ebbtide bundles look nowhere else (no profile, SSO, process or web identity): give a client that needs others its own "credentials"',
      { cause },
    );
  }
}

export function credentialsWillNeedRefresh({ expiration }: Credentials): boolean {
  return expiration !== undefined;
}

const MILLISECONDS_AHEAD = 300_000;

export function credentialsTreatedAsExpired({ expiration }: Credentials): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < MILLISECONDS_AHEAD;
}
