/** The tools that are compared, from Debian's packages, each told the same endpoint and nothing else. */

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/s3/endpoint.ts';
import { BUCKET, PREFIX } from './objects.ts';

const { accessKeyId, secretAccessKey } = LOCAL_CREDENTIALS;

export interface Tool {
  readonly name: string;
  readonly program: string;
  readonly debianPackage: string;
  readonly arguments: (endpoint: string, configFile: string) => string[];
  readonly config?: (endpoint: string) => string;
}

const TARGET = `s3://${BUCKET}/${PREFIX}`;
const s3cmd = (endpoint: string, config: string, ...options: string[]) => {
  const { host } = new URL(endpoint);
  const place = [`--host=${host}`, `--host-bucket=${host}`, '--no-ssl', `--region=${LOCAL_REGION}`];
  const keys = [`--access_key=${accessKeyId}`, `--secret_key=${secretAccessKey}`];
  return [`--config=${config}`, ...place, ...keys, '--quiet', 'del', '--recursive', ...options, TARGET];
};

export const TOOLS: readonly Tool[] = [
  {
    name: 'aws s3 rm --recursive',
    program: '/usr/bin/aws',
    debianPackage: 'awscli',
    arguments: (endpoint) => ['--endpoint-url', endpoint, 's3', 'rm', '--recursive', '--quiet', TARGET],
  },
  {
    name: 's3cmd del --recursive',
    program: '/usr/bin/s3cmd',
    debianPackage: 's3cmd',
    arguments: (endpoint, config) => s3cmd(endpoint, config),
  },
  {
    name: 's3cmd del --recursive --force',
    program: '/usr/bin/s3cmd',
    debianPackage: 's3cmd',
    arguments: (endpoint, config) => s3cmd(endpoint, config, '--force'),
  },
  {
    name: 'rclone purge',
    program: '/usr/bin/rclone',
    debianPackage: 'rclone',
    arguments: (_, config) => ['--config', config, 'purge', `bench:${BUCKET}/${PREFIX}`],
    config: (endpoint) =>
      `[bench]\ntype = s3\nprovider = Other\naccess_key_id = ${accessKeyId}\nsecret_access_key = ${secretAccessKey}\nendpoint = ${endpoint}\nregion = ${LOCAL_REGION}\nforce_path_style = true\n`,
  },
];

/** Installs what is missing, where this is root on a Debian. */
export function install(tools: readonly Tool[]): void {
  const missing = tools.filter(({ program }) => !existsSync(program)).map(({ debianPackage }) => debianPackage);
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...new Set(missing)], {
      stdio: 'ignore',
    });
  } catch {
    // What is not there then is reported as skipped.
  }
}

/** @returns milliseconds from the start of the process to its end; undefined where the tool is not installed */
export async function measureTool(tool: Tool, endpoint: string, folder: string): Promise<number | undefined> {
  if (!existsSync(tool.program)) return undefined;
  const config = join(folder, `${tool.debianPackage}.conf`);
  writeFileSync(config, tool.config?.(endpoint) ?? '');
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const start = performance.now();
  await promisify(execFile)(tool.program, tool.arguments(endpoint, config), { env, maxBuffer: 2 ** 28 });
  return performance.now() - start;
}
