"""Step Functions: every form of state that the compiler draws, and what Flowza leans on around it."""

import json
import threading

import pytest
from botocore.exceptions import ClientError

PASS = {"Type": "Pass", "End": True}


def test_branches_run_and_join(run):
    branch = lambda name: {"StartAt": name, "States": {name: {"Type": "Pass", "Result": name, "End": True}}}  # noqa: E731
    done = run({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [branch("a"), branch("b")], "End": True}}})
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", ["a", "b"])


def test_a_map_takes_every_item_with_what_it_needs(run):
    inner = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {"I": PASS}}
    selector = {"run.$": "$.run", "item.$": "$$.Map.Item.Value"}
    states = {
        "M": {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "MaxConcurrency": 2, "ItemProcessor": inner, "End": True}
    }
    done = run({"StartAt": "M", "States": states}, {"run": "r", "items": [1, 2, 3]})
    assert json.loads(done["output"]) == [{"run": "r", "item": number} for number in (1, 2, 3)]


def test_a_choice_goes_round_and_on(run):
    states = {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.more", "BooleanEquals": True, "Next": "Once"}], "Default": "Done"},
        "Once": {"Type": "Pass", "Result": {"more": False}, "Next": "C"},
        "Done": {"Type": "Pass", "Result": "done", "End": True},
    }
    done = run({"StartAt": "C", "States": states}, {"more": True})
    assert json.loads(done["output"]) == "done"


def test_a_failure_ends_in_the_branchs_own_state_and_is_caught_outside(run):
    inner = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "StageFailed", "Cause": "why"}}}
    states = {
        "P": {
            "Type": "Parallel",
            "Branches": [inner],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
            "End": True,
        },
        "Failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    }
    done = run({"StartAt": "P", "States": states})
    assert (done["status"], done["error"], done["cause"]) == ("FAILED", "StageFailed", "why")


def test_a_name_starts_one_execution(client, run, name):
    done = run({"StartAt": "A", "States": {"A": PASS}})
    with pytest.raises(ClientError) as second:
        client("stepfunctions").start_execution(stateMachineArn=done["stateMachineArn"], name=done["name"], input='{"other": 1}')
    assert second.value.response["Error"]["Code"] == "ExecutionAlreadyExists"


def test_an_activity_is_answered_by_its_token_retried_and_caught_by_name(client, run, name):
    machines = client("stepfunctions")
    activity = machines.create_activity(name=name)["activityArn"]
    answers = iter(["Passing", "StageFailed"])

    def work():
        for error in answers:
            token = machines.get_activity_task(activityArn=activity).get("taskToken")
            if token:
                machines.send_task_failure(taskToken=token, error=error, cause="c")

    threading.Thread(target=work, daemon=True).start()
    task = {
        "Type": "Task",
        "Resource": activity,
        "TimeoutSeconds": 40,
        "Retry": [{"ErrorEquals": ["Passing"], "IntervalSeconds": 1, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["StageFailed"], "ResultPath": "$.error", "Next": "Caught"}],
        "End": True,
    }
    done = run({"StartAt": "T", "States": {"T": task, "Caught": {"Type": "Pass", "End": True}}})
    machines.delete_activity(activityArn=activity)
    assert (done["status"], json.loads(done["output"])["error"]["Error"]) == ("SUCCEEDED", "StageFailed")


def test_a_dangling_next_is_refused(client, run):
    with pytest.raises(ClientError):
        run({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}})


def test_a_machines_time_limit_ends_it(run):
    done = run({"StartAt": "W", "TimeoutSeconds": 2, "States": {"W": {"Type": "Wait", "Seconds": 10, "End": True}}})
    assert done["status"] == "TIMED_OUT"
