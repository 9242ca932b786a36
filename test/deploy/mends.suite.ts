/** The gaps of MiniStack that ../emulators/start_ministack.py mends, as they are: where one has closed, the mend can go. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const EMULATORS = join(import.meta.dirname, '../emulators');

/** What Python prints that can import MiniStack, and start_ministack. */
async function python(...lines: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.env['EBBTIDE_TEST_DEPLOY_PYTHON'] ?? '',
    ['-c', ['import json, start_ministack', ...lines].join('\n')],
    {
      env: { PYTHONPATH: EMULATORS, PYTHONDONTWRITEBYTECODE: '1', PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'ERROR' },
      timeout: 60_000,
    },
  );
  return stdout.trim().split('\n').at(-1) ?? '';
}

describe('start_ministack.py', () => {
  const put = 'print(json.dumps(stepfunctions._apply_result_path_raw("$.out[\'merge-load\']", {"out": {}}, 1)))';
  const importIt = 'from ministack.services import stepfunctions';

  it('a ResultPath with brackets is taken for one name without it, and for the way to it with it', async () => {
    expect(JSON.parse(await python(importIt, put))).toEqual({ out: {}, "out['merge-load']": 1 });
    expect(JSON.parse(await python(importIt, 'start_ministack.mend_result_path()', put))).toEqual({
      out: { 'merge-load': 1 },
    });
  });

  it('the names of handlers’ errors are lost without it', async () => {
    const script = [
      'import io, zipfile',
      'from ministack.services import lambda_svc',
      'code = io.BytesIO()',
      'throws = "export const handler = async () => { throw Object.assign(new Error(), { name: \'Broken\' }); };"',
      'with zipfile.ZipFile(code, "w") as files: files.writestr("index.mjs", throws)',
      'arn = "arn:aws:lambda:us-east-1:000000000000:function:f"',
      'config = {"FunctionName": "f", "FunctionArn": arn, "Runtime": "nodejs24.x", "Handler": "index.handler"}',
      'func = {"config": config, "code_zip": code.getvalue()}',
      'print(lambda_svc._execute_function_warm(func, {}, "id")["body"]["errorType"])',
      'from ministack.core import lambda_runtime; lambda_runtime.reset()',
    ];
    expect(await python(...script)).toBe('Runtime.HandlerError');
    expect(await python('start_ministack.mend_error_names()', ...script)).toBe('Broken');
  });

  it('a history says nothing of what happens in a branch without it, and is a chain with it', async () => {
    const script = [
      'states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}',
      'execution = {"executionArn": "arn", "events": []}',
      'stepfunctions._run_sub_machine(states, "A", {}, execution, {})',
      'print(json.dumps([[e["type"], e["previousEventId"]] for e in execution["events"]]))',
    ];
    expect(JSON.parse(await python(importIt, ...script))).toEqual([]);
    expect(JSON.parse(await python(importIt, 'start_ministack.mend_histories()', ...script))).toEqual([
      ['PassStateEntered', 0],
      ['PassStateExited', 1],
      ['PassStateEntered', 2],
      ['PassStateExited', 3],
    ]);
  });

  it('a request over plain HTTP counts as such without it, and a policy that asks for TLS denies it', async () => {
    const script = ['from ministack.core import iam_evaluator as e', 'from ministack import app'];
    const ask = ['app.pin_request_origin("127.0.0.1", False)', 'print(e._request_origin.get()[1])'];
    expect(await python(...script, ...ask)).toBe('False');
    expect(await python(...script, 'start_ministack.take_for_tls()', ...ask)).toBe('True');
  });
});
