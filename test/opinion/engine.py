"""Runs executions on LocalStack's Step Functions interpreter, as moto ships it.

Speaks JSON lines with engine.ts, which calls the functions. What is replaced of the interpreter is only what reaches
outside of it (Lambda, S3, the clock) and nothing that decides.
"""

import io
import itertools
import json
import logging
import sys
import threading
import time
from queue import SimpleQueue
from types import SimpleNamespace

from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.fail import state_fail
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import evaluation_details as details
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError, ProgramTimedOut
from moto.stepfunctions.parser.backend.execution_worker import SyncExecutionWorker

logging.disable(logging.CRITICAL)
sys.setrecursionlimit(20_000)

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/opinion"

to_node = sys.stdout
sys.stdout = sys.stderr
writing = threading.Lock()
questions = itertools.count()
waiting = {}
runs = {}
workers = {}
here = threading.local()


def tell(**message):
    with writing:
        to_node.write(json.dumps(message) + "\n")
        to_node.flush()


def ask(**message):
    question = next(questions)
    answered = waiting[question] = SimpleQueue()
    tell(question=question, **message)
    return answered.get()


def run_of(env):
    return env.states.context_object.context_object_data["Execution"]["Id"]


def invoke(env, parameters, region, state_credentials):
    state = env.states.context_object.context_object_data["State"]
    answer = ask(
        kind="invoke",
        run=run_of(env),
        state=state["Name"],
        retryCount=state["RetryCount"],
        resource=parameters["FunctionName"],
        payload=json.loads(parameters["Payload"]),
    )
    if "error" in answer:
        raise lambda_eval_utils.LambdaFunctionErrorException("Unhandled", answer["error"])
    env.stack.append({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": answer["answer"]})


lambda_eval_utils.execute_lambda_function_integration = invoke


def s3_client(**_):
    def get_object(Bucket, Key):
        return {"Body": io.BytesIO(ask(kind="object", run=None, bucket=Bucket, key=Key)["text"].encode())}

    return SimpleNamespace(get_object=get_object)


resource_eval_s3.boto_client_for = s3_client

enter_state = CommonStateField._eval_body


def tell_and_enter(self, env):
    ask(kind="enter", run=run_of(env), state=self.name)
    enter_state(self, env)


CommonStateField._eval_body = tell_and_enter

retry = retrier_decl.RetrierDecl._eval_body


def retry_after(self, env):
    here.wait = runs.get(run_of(env))
    retry(self, env)


def sleep(seconds):
    time.sleep(seconds if here.wait is None else here.wait)


retrier_decl.RetrierDecl._eval_body = retry_after
retrier_decl.time = SimpleNamespace(sleep=sleep)

wait_state = WaitFunction._wait_interval


def wait(self, env, wait_seconds):
    instead = runs.get(run_of(env))
    wait_state(self, env, wait_seconds if instead is None else instead)


WaitFunction._wait_interval = wait

DATA_LIMIT = StatesErrorName(StatesErrorNameType.StatesStatesDataLimitExceeded)
matches = ErrorEqualsDecl._eval_body


def matches_as_documented(self, env):
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html: States.ALL does not match it."""
    if env.stack[-1] == DATA_LIMIT and DATA_LIMIT not in self.error_names:
        env.stack[-1] = False
    else:
        matches(self, env)


def error_name(error_name):
    """A branch or an item may fail with an error of Step Functions' own, and the state around it then has that error."""
    if error_name is not None and error_name.startswith("States."):
        return StatesErrorName.from_name(error_name)
    return CustomErrorName(error_name)


if "--as-it-is" not in sys.argv:
    ErrorEqualsDecl._eval_body = matches_as_documented
    branches_decl.CustomErrorName = iteration_worker.CustomErrorName = state_fail.CustomErrorName = error_name


class Terminated:
    def terminated(self):
        pass


def execute(run, definition, name, input, startedAt, wait):
    runs[run] = wait
    workers[run] = None
    try:
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:opinion"
        worker = SyncExecutionWorker(
            details.EvaluationDetails(
                details.AWSExecutionDetails(ACCOUNT, REGION, ROLE),
                details.ExecutionDetails(run, name, ROLE, input, startedAt),
                details.StateMachineDetails(machine, "opinion", StateMachineType.STANDARD, definition),
            ),
            Terminated(),
            None,
            {},
        )
        workers[run] = worker
        worker.start()
        state = worker.env.program_state()
        if isinstance(state, ProgramEnded):
            end = {"status": "SUCCEEDED", "output": worker.env.states.get_input()}
        elif isinstance(state, ProgramError):
            error = state.error or {}
            end = {"status": "FAILED", "error": error.get("error") or "", "cause": error.get("cause") or ""}
        elif isinstance(state, ProgramTimedOut):
            end = {"status": "TIMED_OUT"}
        else:
            end = {"status": "ABORTED"}
        tell(run=run, end=end, history=history_of(run))
    except Exception as error:
        tell(run=run, broken=f"{type(error).__name__}: {error}")
    finally:
        del runs[run], workers[run]


def history_of(run):
    """As GetExecutionHistory answers it."""
    worker = workers.get(run)
    return worker.env.event_manager.get_event_history() if worker and worker.env else []


for line in sys.stdin:
    message = json.loads(line)
    if "answers" in message:
        waiting.pop(message.pop("answers")).put(message)
    elif "history" in message:
        tell(run=message["history"], history=history_of(message["history"]))
    else:
        threading.Thread(target=execute, kwargs=message, daemon=True).start()
