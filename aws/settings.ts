/** What AWS this is about. Without the SDK, so that a command that asks only for this starts at once. */

import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is not given is the environment's and the user's configuration files', as in the AWS CLI. */
export interface AwsSettings {
  readonly profile?: string;
  readonly region?: string;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
const VARIABLES = [
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SFN',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
];

/** Whether AWS is set up at all: whether it can be asked, shows when it is. Asks nothing of the network. */
export function hasAwsSettings(env: Readonly<Record<string, string | undefined>>): boolean {
  if (VARIABLES.some((name) => env[name])) return true;
  const home = env['HOME'] || env['USERPROFILE'] || homedir();
  const config = env['AWS_CONFIG_FILE'] || join(home, '.aws', 'config');
  const credentials = env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws', 'credentials');
  return hasContent(config) || hasContent(credentials);
}

/** Whoever names /dev/null wants none. */
function hasContent(file: string): boolean {
  try {
    const found = statSync(file);
    return found.isFile() && found.size > 0;
  } catch {
    return false;
  }
}
