/**
 * Lets through what AWS would let through: each function's requests to S3, and what the state machines and Lambda do in
 * their roles.
 */

import { randomBytes } from 'node:crypto';
import type { Denial } from '../../history/events.ts';
import { copySource } from '../s3/copy-source.ts';
import type { Admission, Refusal, S3Request } from '../s3/endpoint.ts';
import { LOCAL_CREDENTIALS } from '../s3/endpoint.ts';
import { Decisions } from './decisions.ts';
import { denialOf, kindOf, shortly, unknownRequest } from './denial.ts';
import type { Call, Permissions, Principal } from './permissions.ts';
import { bucketArn, objectArn, s3CallsOf } from './s3-calls.ts';
import type { Simulate } from './simulator.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type MachineRole = 'stateMachine' | 'finalizer';

export interface MachineCalls {
  invoke(functionArn: string): Promise<void>;
  /** Of a Distributed Map. */
  readList(bucket: string, key: string): Promise<void>;
  /** For some items of a Distributed Map. */
  startChild(): Promise<void>;
}

export class Guard {
  readonly decisions: Decisions;
  readonly #permissions: Permissions;
  readonly #onDenied: (denial: Denial) => void;
  readonly #told = new Set<string>();
  /** By function ARN. */
  readonly #credentials = new Map<string, Credentials>();
  readonly #principals = new Map<string, Principal>();
  readonly #started = new Set<string>();

  /** @param onDenied told of each kind of denial once: the same object of another attempt, chunk or run is the same kind */
  constructor(
    permissions: Permissions,
    simulate: Simulate,
    onDenied: (denial: Denial) => void,
    decisions = new Decisions(simulate, permissions.bucketPolicies),
  ) {
    this.#permissions = permissions;
    this.#onDenied = onDenied;
    this.decisions = decisions;
    for (const [arn, principal] of permissions.functions) {
      const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
      this.#credentials.set(arn, { accessKeyId, secretAccessKey: randomBytes(20).toString('hex') });
      this.#principals.set(accessKeyId, principal);
    }
  }

  /** A function's own. */
  credentialsOf(functionArn: string): Credentials {
    const found = this.#credentials.get(functionArn);
    if (!found) throw new Error(`the template has no function ${functionArn}`);
    return found;
  }

  /** @returns what is to be answered in place of what S3 would answer to someone who may do everything */
  async admitToS3(request: S3Request): Promise<Admission> {
    const key = accessKeyIn(request);
    if (key === LOCAL_CREDENTIALS.accessKeyId) return {};
    const principal = this.#principals.get(key ?? '');
    if (!principal) return { refusal: key === undefined ? ACCESS_DENIED : UNKNOWN_KEY };
    const calls = s3CallsOf(request);
    if (!calls)
      return { refusal: refusalOf(this.#tell(unknownRequest(principal, inWords(request), whereOf(request)))) };
    const denials = await Promise.all(calls.map((call) => this.denied(principal, call)));
    if (request.deletes) {
      return { refusedKeys: denials.map((denial) => denial && refusalOf(denial)) };
    }
    const denial = denials.find((found) => found);
    if (denial) return { refusal: refusalOf(denial) };
    const missing = await this.#missing(principal, request);
    return missing ? { missing } : {};
  }

  /** What a state machine does in its role: each throws where it may not, as Step Functions fails a state then. */
  machine(which: MachineRole): MachineCalls {
    const principal = this.#permissions[which];
    const admit = async (call: Call, errorName: string) => {
      const denial = await this.denied(principal, call);
      if (denial) throw Object.assign(new Error(shortly(denial)), { name: errorName });
    };
    return {
      invoke: async (functionArn) => {
        // The name that errors of the service have too.
        await admit({ action: 'lambda:InvokeFunction', resource: functionArn }, 'Lambda.AWSLambdaException');
        await this.lambdaStarts(functionArn);
      },
      readList: (bucket, key) => admit({ action: 's3:GetObject', resource: objectArn(bucket, key) }, 'AccessDenied'),
      startChild: () =>
        admit({ action: 'states:StartExecution', resource: principal.machine ?? '' }, 'States.Permissions'),
    };
  }

  /** What Lambda does in a function's role. Without it the function works, and nobody sees what it writes. */
  async lambdaStarts(functionArn: string): Promise<void> {
    const principal = this.#permissions.functions.get(functionArn);
    if (!principal || this.#started.has(functionArn)) return;
    this.#started.add(functionArn);
    for (const call of principal.byLambda ?? []) await this.denied(principal, call);
  }

  /** @returns why the call is denied, where it is */
  async denied(principal: Principal, call: Call): Promise<Denial | undefined> {
    const decision = await this.decisions.decide(principal, call);
    return decision.allowed ? undefined : this.#tell(denialOf(principal, call, decision), call.context?.['s3:prefix']);
  }

  #tell(denial: Denial, prefix?: string): Denial {
    const key = kindOf(denial, prefix);
    if (!this.#told.has(key)) {
      this.#told.add(key);
      this.#onDenied(denial);
    }
    return denial;
  }

  /** To one who may not list the bucket, S3 does not tell that an object is missing. That denies nothing. */
  async #missing(principal: Principal, { method, bucket, key, headers }: S3Request): Promise<Refusal | undefined> {
    const source = copySource(headers)?.bucket;
    const read = source ?? (key !== '' && (method === 'GET' || method === 'HEAD') ? bucket : undefined);
    if (read === undefined) return undefined;
    const listing = { action: 's3:ListBucket', resource: bucketArn(read) };
    return (await this.decisions.decide(principal, listing)).allowed ? undefined : ACCESS_DENIED;
  }
}

const ACCESS_DENIED: Refusal = { status: 403, code: 'AccessDenied', message: 'Access Denied' };
const UNKNOWN_KEY: Refusal = {
  status: 403,
  code: 'InvalidAccessKeyId',
  message: 'The AWS Access Key Id you provided does not exist in our records.',
};

function refusalOf(denial: Denial): Refusal {
  return { ...ACCESS_DENIED, message: shortly(denial) };
}

/** In the header of a signed request, or in a presigned URL. */
function accessKeyIn({ headers, query }: S3Request): string | undefined {
  const header = headers['authorization'];
  const credential = /Credential=([^/,\s]+)/.exec(typeof header === 'string' ? header : '')?.[1];
  return credential ?? query['X-Amz-Credential']?.split('/')[0];
}

function inWords({ method, query }: S3Request): string {
  const names = Object.keys(query).filter((name) => name !== 'x-id');
  return names.length > 0 ? `${method} ?${names.join('&')}` : method;
}

function whereOf({ bucket, key }: S3Request): string {
  return key === '' ? bucketArn(bucket) : objectArn(bucket, key);
}
