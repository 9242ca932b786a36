/**
 * What Step Functions answers to the requests of the reaper, as its API reference has them, over AWS JSON 1.0:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const MACHINES = {
  stateMachine: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Flights',
  finalizer: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Flights-finalizer',
} as const;

export interface StoredExecution {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';
  /** Milliseconds since 1970. */
  startedAt: number;
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  /** Names of states that it entered, in order; `-` is any other event. */
  history?: readonly string[];
}

type Body = Record<string, unknown>;

export class StepFunctionsEndpoint {
  /** By execution ARN. */
  readonly executions = new Map<string, StoredExecution>();
  /** The requests, without the prefix of their target. */
  readonly requests: { readonly action: string; readonly body: Body }[] = [];
  /** Answers instead where it gives an error's name. */
  refuse: (action: string, body: Body) => string | undefined = () => undefined;
  /** No page has more. */
  pageSize = 1_000;
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(body));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  add(machine: keyof typeof MACHINES, name: string, execution: Partial<StoredExecution>): void {
    const arn = `${MACHINES[machine].replace(':stateMachine:', ':execution:')}:${name}`;
    this.executions.set(arn, { status: 'RUNNING', startedAt: Date.now(), input: '{}', ...execution });
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: Body }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [service, action = ''] = String(request.headers['x-amz-target']).split('.');
    const body: Body = JSON.parse(Buffer.concat(chunks).toString());
    this.requests.push({ action, body });
    const refusal = service === 'AWSStepFunctions' ? this.refuse(action, body) : 'UnknownOperationException';
    if (refusal !== undefined) return errorOf(refusal);
    switch (action) {
      case 'DescribeExecution':
        return this.#describe(String(body['executionArn']));
      case 'GetExecutionHistory':
        return this.#history(body);
      case 'StartExecution':
        return this.#start(body);
      case 'ListExecutions':
        return this.#list(body);
      default:
        return errorOf('UnknownOperationException');
    }
  }

  #describe(arn: string) {
    const found = this.executions.get(arn);
    if (!found) return errorOf('ExecutionDoesNotExist');
    const { startedAt, history: _, ...rest } = found;
    return answer({
      executionArn: arn,
      stateMachineArn: machineOf(arn),
      name: nameIn(arn),
      startDate: startedAt / 1000,
      inputDetails: { included: true },
      ...rest,
    });
  }

  #start(body: Body) {
    const { stateMachineArn, name, input } = body;
    if (!Object.values(MACHINES).some((machine) => machine === stateMachineArn))
      return errorOf('StateMachineDoesNotExist');
    if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/.test(String(name))) return errorOf('InvalidName');
    if (Buffer.byteLength(String(input)) > 262_144) return errorOf('InvalidExecutionInput');
    const executionArn = `${String(stateMachineArn).replace(':stateMachine:', ':execution:')}:${name}`;
    const there = this.executions.get(executionArn);
    if (there && !(there.status === 'RUNNING' && there.input === input)) return errorOf('ExecutionAlreadyExists');
    const startedAt = there?.startedAt ?? Date.now();
    this.executions.set(executionArn, { status: 'RUNNING', startedAt, input: String(input) });
    return answer({ executionArn, startDate: startedAt / 1000 });
  }

  #history(body: Body) {
    const arn = String(body['executionArn']);
    const found = this.executions.get(arn);
    if (!found) return errorOf('ExecutionDoesNotExist');
    const events = (found.history ?? []).map((name, index) => ({
      id: index + 1,
      previousEventId: index,
      timestamp: found.startedAt / 1000 + index,
      ...(name === '-'
        ? { type: 'LambdaFunctionSucceeded', lambdaFunctionSucceededEventDetails: {} }
        : { type: 'TaskStateEntered', stateEnteredEventDetails: { name } }),
    }));
    return this.#page('events', body['reverseOrder'] ? events.toReversed() : events, body);
  }

  #list(body: Body) {
    const executions = [...this.executions]
      .filter(([arn]) => machineOf(arn) === body['stateMachineArn'])
      .sort(([, a], [, b]) => b.startedAt - a.startedAt)
      .map(([executionArn, { status, startedAt }]) => ({
        executionArn,
        stateMachineArn: machineOf(executionArn),
        name: nameIn(executionArn),
        status,
        startDate: startedAt / 1000,
      }));
    return this.#page('executions', executions, body);
  }

  #page(what: string, all: readonly unknown[], { nextToken, maxResults }: Body) {
    const from = nextToken === undefined ? 0 : Number(nextToken);
    const to = from + Math.min(Number(maxResults ?? 100), this.pageSize);
    return answer({ [what]: all.slice(from, to), ...(to < all.length && { nextToken: String(to) }) });
  }
}

function machineOf(executionArn: string): string {
  return executionArn.split(':').slice(0, 7).join(':').replace(':execution:', ':stateMachine:');
}

function nameIn(executionArn: string): string {
  return executionArn.split(':')[7] ?? '';
}

function answer(body: Body) {
  return { status: 200, body };
}

function errorOf(name: string) {
  return { status: 400, body: { __type: `com.amazonaws.swf.service.v2.model#${name}`, message: name } };
}
