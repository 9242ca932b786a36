"""Starts MiniStack, mended where a gap of it would hide what is to be proven.

Each mend is held by a test in test/deploy/mends.suite.ts that shows the gap in MiniStack as it is, so that the mend can go
when MiniStack has closed it.
"""

import contextlib
import contextvars
import copy
import json
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


def mend_histories():
    """A history has the events of branches and iterations too, each event names the one before it, and a function called by
    its ARN is one of LambdaFunction events, with what it was called with.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
    """
    from ministack.services import stepfunctions

    lock = threading.Lock()
    # Of this execution, or of a branch of it, which begins where its Parallel or Map has come to.
    before = contextvars.ContextVar("before", default=("", 0))
    payload = contextvars.ContextVar("payload", default=None)
    entered = contextvars.ContextVar("entered", default="")
    add_event = stepfunctions._add_event
    apply_parameters = stepfunctions._apply_parameters
    run_parallel = stepfunctions._run_parallel_branches
    run_map = stepfunctions._run_map_items
    run_distributed = stepfunctions._run_distributed_map

    def add(execution, event_type, details=None):
        owner, previous = before.get()
        if owner != execution["executionArn"]:
            previous = 1 if execution["events"] else 0
        with lock:
            event = add_event(execution, event_type, details)
        event["previousEventId"] = previous
        before.set((execution["executionArn"], event["id"]))
        return event

    def add_as_aws(execution, event_type, details=None):
        task = (details or {}).get(event_type[0].lower() + event_type[1:] + "EventDetails", {})
        if not task.get("resource", "").startswith("arn:aws:lambda:"):
            return add(execution, event_type, details)
        if event_type == "TaskScheduled":
            scheduled = {"resource": task["resource"], "input": json.dumps(payload.get())}
            add(execution, "LambdaFunctionScheduled", {"lambdaFunctionScheduledEventDetails": scheduled})
            return add(execution, "LambdaFunctionStarted")
        if event_type == "TaskSucceeded":
            return add(execution, "LambdaFunctionSucceeded",
                       {"lambdaFunctionSucceededEventDetails": {"output": task["output"]}})
        end = "TimedOut" if task.get("error") == "States.Timeout" else "Failed"
        failure = {"error": task.get("error"), "cause": task.get("cause")}
        return add(execution, "LambdaFunction" + end, {f"lambdaFunction{end}EventDetails": failure})

    def apply_and_note(*args, **kwargs):
        effective = apply_parameters(*args, **kwargs)
        payload.set(effective)
        return effective

    @contextlib.contextmanager
    def telling_end(execution, what):
        try:
            yield
        except stepfunctions._ExecutionError:
            add(execution, what + "Failed")
            raise
        add(execution, what + "Succeeded")

    def run_and_tell_parallel(state_def, raw_input, execution, ctx):
        add(execution, "ParallelStateStarted")
        with telling_end(execution, "ParallelState"):
            return run_parallel(state_def, raw_input, execution, ctx)

    def run_and_tell_map(state_def, raw_input, execution, ctx):
        iterator = state_def.get("Iterator") or state_def.get("ItemProcessor", {})
        if (iterator.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
            return run_map(state_def, raw_input, execution, ctx)
        items = stepfunctions._resolve_path_or_ctx(
            state_def.get("ItemsPath", "$"), stepfunctions._apply_input_path(state_def, raw_input, ctx), ctx)
        add(execution, "MapStateStarted", {"mapStateStartedEventDetails": {"length": len(items)}})
        with telling_end(execution, "MapState"):
            return run_map(state_def, raw_input, execution, ctx)

    def run_and_tell_distributed(state_def, raw_input, effective, iterator, execution, ctx):
        known = set(stepfunctions._map_runs)
        add(execution, "MapStateStarted", {"mapStateStartedEventDetails": {"length": 0}})
        started = []

        def tell_start():
            for arn, run in list(stepfunctions._map_runs.items()):
                if arn not in known and run["executionArn"] == execution["executionArn"] and not started:
                    started.append(arn)

        try:
            result = run_distributed(state_def, raw_input, effective, iterator, execution, ctx)
        except stepfunctions._ExecutionError as err:
            tell_start()
            for arn in started:
                add(execution, "MapRunStarted", {"mapRunStartedEventDetails": {"mapRunArn": arn}})
                add(execution, "MapRunFailed", {"mapRunFailedEventDetails": {"error": err.error, "cause": err.cause}})
            add(execution, "MapStateFailed")
            raise err
        tell_start()
        for arn in started:
            add(execution, "MapRunStarted", {"mapRunStartedEventDetails": {"mapRunArn": arn}})
            add(execution, "MapRunSucceeded")
        add(execution, "MapStateSucceeded")
        return result

    def run_sub_machine(states, start_at, input_data, execution, ctx):
        """As it is there, with the events of the states."""
        item = ctx.get("Map", {}).get("Item", {}) if ctx.get("Map") is not ctx.get("_told_map") else {}
        if "Index" in item:
            ctx["_told_map"] = ctx["Map"]
            iteration = {"name": entered.get(), "index": item["Index"]}
            add(execution, "MapIterationStarted", {"mapIterationStartedEventDetails": iteration})
        current, data = start_at, copy.deepcopy(input_data)
        while current:
            state_def = states[current]
            kind = state_def.get("Type")
            ctx["State"] = {"Name": current, "EnteredTime": stepfunctions.now_iso(), "RetryCount": 0}
            entered.set(current)
            add(execution, f"{kind}StateEntered",
                {"stateEnteredEventDetails": {"name": current, "input": json.dumps(data)}})
            if kind == "Fail":
                raise stepfunctions._ExecutionError(*stepfunctions._fail_state_error(state_def, data, ctx))
            if kind == "Succeed":
                data = stepfunctions._apply_output_path(
                    state_def, stepfunctions._apply_input_path(state_def, data, ctx), ctx)
                following = None
            elif kind in ("Task", "Parallel", "Map"):
                handle = getattr(stepfunctions, f"_execute_{kind.lower()}")
                data, following = handle(state_def, data, execution, ctx)
            else:
                data, following = getattr(stepfunctions, f"_execute_{kind.lower()}")(state_def, data, ctx)
            add(execution, f"{kind}StateExited",
                {"stateExitedEventDetails": {"name": current, "output": json.dumps(data)}})
            current = following
        if "Index" in item:
            add(execution, "MapIterationSucceeded", {"mapIterationSucceededEventDetails": iteration})
        return data

    stepfunctions._add_event = add_as_aws
    stepfunctions._apply_parameters = apply_and_note
    stepfunctions._run_parallel_branches = run_and_tell_parallel
    stepfunctions._run_map_items = run_and_tell_map
    stepfunctions._run_distributed_map = run_and_tell_distributed
    stepfunctions._run_sub_machine = run_sub_machine


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
    for mend in (mend_result_path, mend_error_names, mend_histories, take_for_tls, look_every_second):
        mend()
    from ministack.app import main

    main()
