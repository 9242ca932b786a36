import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasAwsSettings } from '../../aws/settings.ts';

const HOME = mkdtempSync(join(tmpdir(), 'home-'));
const SET_UP = mkdtempSync(join(tmpdir(), 'home-'));
mkdirSync(join(SET_UP, '.aws'));
writeFileSync(join(SET_UP, '.aws', 'config'), '[default]\n');

describe('AWS settings', () => {
  it.each<Record<string, string>>([
    {},
    { AWS_REGION: '' },
    { AWS_CONFIG_FILE: join(HOME, 'none') },
    { AWS_CONFIG_FILE: '/dev/null' },
    { AWS_SHARED_CREDENTIALS_FILE: HOME },
    { AWS_SDK_UA_APP_ID: 'x' },
  ])('are not there with %j', (env) => {
    expect(hasAwsSettings({ HOME, ...env })).toBe(false);
  });

  it.each<Record<string, string>>([
    { AWS_PROFILE: 'dev' },
    { AWS_REGION: 'eu-west-1' },
    { AWS_DEFAULT_REGION: 'eu-west-1' },
    { AWS_ACCESS_KEY_ID: 'key' },
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
    { AWS_ENDPOINT_URL_SFN: 'http://127.0.0.1:4566' },
    { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2' },
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost/v2' },
    { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' },
    { HOME: SET_UP },
    { AWS_SHARED_CREDENTIALS_FILE: join(SET_UP, '.aws', 'config') },
  ])('are there with %j', (env) => {
    expect(hasAwsSettings({ HOME, ...env })).toBe(true);
  });
});
