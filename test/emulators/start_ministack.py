"""Starts MiniStack, mended where a gap of it would hide what is to be proven.

Each mend is held by a test in test/deploy/mends.suite.ts that shows the gap in MiniStack as it is, so that the mend can go
when MiniStack has closed it.
"""

import copy
import os
import signal
import sys
import threading


def die_with_parent():
    """Ends this process group, in which the functions' processes are, once nobody holds the other end of stdin."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def mend_result_path():
    """`$.out['merge-load']` is a name in `out`, not a key `out['merge-load']`."""
    from ministack.services import stepfunctions

    def put_at_result_path(result_path, original, result):
        if result_path is None:
            return copy.deepcopy(original)
        names = [name for _, name in stepfunctions._parse_jsonpath_tokens(result_path)]
        if not names:
            return result
        output = copy.deepcopy(original) if isinstance(original, dict) else {}
        parent = output
        for name in names[:-1]:
            if not isinstance(parent.get(name), dict):
                parent[name] = {}
            parent = parent[name]
        parent[names[-1]] = result
        return output

    stepfunctions._apply_result_path_raw = put_at_result_path


def mend_error_names():
    """A handler's error has the name that it was thrown with, not `Runtime.HandlerError`."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    settled = "error: String(err.message || err),"
    named = settled + " errorName: err.name,"
    lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(settled, named)

    thrown = threading.local()
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def invoke_and_note(*args, **kwargs):
        result = invoke(*args, **kwargs)
        thrown.name = result.get("errorName")
        return result

    def execute_with_name(*args, **kwargs):
        thrown.name = None
        result = execute(*args, **kwargs)
        if result.get("error") and thrown.name:
            result["body"]["errorType"] = thrown.name
        return result

    lambda_runtime.Worker.invoke = invoke_and_note
    lambda_svc._execute_function_warm = execute_with_name


def take_for_tls():
    """Requests count as encrypted: the buckets' policies deny all others, and this is plain HTTP on one machine."""
    from ministack import app

    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: pin(address, True)


def look_every_second():
    """Whether a schedule is due; every ten seconds otherwise."""
    from ministack.services import eventbridge, scheduler

    eventbridge._SCHEDULER_TICK_INTERVAL = 1
    scheduler._SCHEDULE_TICK_INTERVAL = 1


if __name__ == "__main__":
    threading.Thread(target=die_with_parent, daemon=True).start()
    for mend in (mend_result_path, mend_error_names, take_for_tls, look_every_second):
        mend()
    from ministack.app import main

    main()
