"""One command up, one command down, against the emulator's CloudFormation; and every way it goes wrong: in a sentence, with nothing left behind."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.figures import Figure, emit, keep, measured
from tests.e2e.account import ACCOUNT, IMAGE, REGION, Account

FIGURES: list[Figure] = []
STACK = "flowza-ci"
TAGS = [{"Key": "flowza:stage", "Value": "ci"}]
EMPTY = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
# The emulator refuses a queue of that retention, so the stack rolls back.
BROKEN = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1}}}})


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    started = Account(tmp_path_factory.mktemp("account"), "ci").start()
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _alone(account: Account) -> Iterator[None]:
    """What a test leaves is not the next one's trouble: each says by itself what must be gone."""
    yield
    if not account.is_empty():
        account.empty()


def inventory(account: Account, stage: str = "ci") -> dict[str, Any]:
    script = "import json,sys; from infra.deploy import doctor, inventory; print(json.dumps(inventory.found(doctor.identify(sys.argv[1]))))"
    done = account.script(script, stage)
    assert done.returncode == 0, done.stderr
    found = dict(json.loads(done.stdout))
    # The emulator lets a tick that was on its way write its log when the stage is gone.
    logs = [name for name in found.pop("log group", []) if "-Tick-" not in name]
    return found | ({"log group": logs} if logs else {})


@pytest.mark.slow
def test_up_again_update_down_and_up_again_with_the_data(account: Account) -> None:
    first = account.up()
    assert first.returncode == 0, first.stderr
    _figure("deploy", first, "a new stage: package, upload, stack twice, canvas, smoke test with a Titanic run")
    assert "the Titanic run succeeded" in first.stderr
    assert first.stdout.strip().startswith(account.endpoint)
    _sent_by_bucket(account)
    again = account.up("a", "--no-smoke")
    assert again.returncode == 0, again.stderr
    assert "nothing has changed" in again.stderr
    _a_new_image_is_a_new_version_and_the_old_one_stays(account)
    _the_canvas_is_cached_by_its_names(account)
    account.client("dynamodb").put_item(TableName="flowza-ci-records", Item={"pk": {"S": "kept"}, "sk": {"S": "kept"}})
    down = account.down()
    assert down.returncode == 0, down.stderr
    _figure("destroy", down, "a whole stage, data kept")
    assert set(inventory(account)) == {"table", "bucket with data", "user pool"}
    back = account.up("b", "--no-smoke")
    assert back.returncode == 0, back.stderr
    assert "Item" in account.client("dynamodb").get_item(TableName="flowza-ci-records", Key={"pk": {"S": "kept"}, "sk": {"S": "kept"}})
    gone = account.down("--data", "delete")
    assert gone.returncode == 0, gone.stderr
    _figure("destroy-with-data", gone, "a whole stage with its data")
    if os.environ.get("KEEP"):
        keep("Deployment on the embedded cloud", FIGURES)
    assert inventory(account) == {}
    assert "there is nothing to delete" in account.down().stderr


def _figure(name: str, done: subprocess.CompletedProcess[str], what: str) -> None:
    """Seconds up to the last line that the command said."""
    seconds = re.findall(r"^flowza: +([\d.]+) s ", done.stderr, re.MULTILINE)[-1]
    FIGURES.append(measured(f"{name}.seconds", float(seconds), "s", 1, what, command="KEEP=1 pytest tests/e2e/test_deploy.py -k up_again"))
    emit(FIGURES[-1])


def _sent_by_bucket(account: Account) -> None:
    """The template is far over what a request may carry (51,200 bytes), and lies in the workshop."""
    s3, bucket = account.client("s3"), f"flowza-ci-deploy-{ACCOUNT}-{REGION}"
    sizes = {entry["Key"]: entry["Size"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert max(size for name, size in sizes.items() if name.startswith("template/")) > 51_200


def _a_new_image_is_a_new_version_and_the_old_one_stays(account: Account) -> None:
    functions = account.client("lambda")
    machine = _api_environment(account)["FLOWZA_NODE_FUNCTION_SMALL"]
    updated = account.up("b", "--no-smoke")
    assert updated.returncode == 0, updated.stderr
    after = _api_environment(account)["FLOWZA_NODE_FUNCTION_SMALL"]
    assert machine != after
    # A run that is under way names the old version, and gets the old image.
    assert functions.get_function(FunctionName=machine)["Code"]["ImageUri"] == IMAGE + "a" * 64
    assert functions.get_function(FunctionName=after)["Code"]["ImageUri"] == IMAGE + "b" * 64


def _api_environment(account: Account) -> dict[str, str]:
    name = next(
        one["FunctionName"] for one in account.client("lambda").list_functions()["Functions"] if "APIHandler" in one["FunctionName"]
    )
    return dict(account.client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"])


def _the_canvas_is_cached_by_its_names(account: Account) -> None:
    s3, bucket = account.client("s3"), f"flowza-ci-site-{ACCOUNT}-{REGION}"
    names = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert s3.head_object(Bucket=bucket, Key="index.html")["CacheControl"] == "no-cache"
    script = next(name for name in names if name.startswith("assets/") and name.endswith(".js"))
    found = s3.head_object(Bucket=bucket, Key=script)
    assert "immutable" in found["CacheControl"]
    assert "javascript" in found["ContentType"]


@pytest.mark.parametrize(
    ("environment", "words", "said"),
    [
        ({"AWS_DEFAULT_REGION": None, "AWS_REGION": None, "AWS_CONFIG_FILE": "/nowhere"}, (), "No region is set"),
        (
            {
                "AWS_ACCESS_KEY_ID": None,
                "AWS_SECRET_ACCESS_KEY": None,
                "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
                "AWS_CONFIG_FILE": "/nowhere",
            },
            (),
            "There are no AWS credentials",
        ),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, (), "cannot be reached"),
        ({"AWS_PROFILE": "nobody", "AWS_CONFIG_FILE": "/nowhere"}, (), "Unset AWS_PROFILE"),
        ({"DOCKER_HOST": "unix:///nowhere/docker.sock"}, (), "There is no Docker on this machine"),
        ({}, ("--node-image", IMAGE + "a" * 64), "Name all images or none"),
        ({}, ("--node-image", "a b", "--task-image", "a:1", "--serving-image", "a:1"), "is no address of an image"),
    ],
    ids=["no region", "no credentials", "nobody answers", "no profile", "no docker", "some images", "no image"],
)
def test_what_is_missing_is_said(account: Account, environment: dict[str, str | None], words: tuple[str, ...], said: str) -> None:
    done = account.run("up", "--stage", "ci", *words, **environment)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert inventory(account) == {}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("InvalidClientTokenId", "The access key is not known"),
        ("SignatureDoesNotMatch", "The secret does not belong"),
        ("ExpiredToken", "The session has expired"),
        ("Surprise", "AWS refuses the credentials (Surprise)"),
    ],
)
def test_wrong_credentials_are_told_apart(account: Account, code: str, said: str) -> None:
    with Refusing(code) as address:
        done = account.run("doctor", "--stage", "ci", AWS_ENDPOINT_URL=address)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Sign in first" in done.stderr


class Refusing:
    """A server that refuses everybody, as STS does."""

    def __init__(self, code: str) -> None:
        body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(403)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_the_name_of_a_stage_is_checked(account: Account) -> None:
    for name in ("CI", "1st", "a-b", "x" * 17, ""):
        done = account.run("up", "--stage", name)
        assert done.returncode == 1
        assert "is no name of a stage" in done.stderr


def test_a_stack_that_was_left_half_made_is_made_whole(account: Account) -> None:
    cloudformation = account.client("cloudformation")
    cloudformation.create_change_set(StackName=STACK, ChangeSetName="begun", ChangeSetType="CREATE", TemplateBody=EMPTY, Tags=TAGS)
    assert cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    try:
        done = account.up("a", "--no-smoke")
        assert done.returncode == 0, done.stderr
        assert "left half made" in done.stderr
    finally:
        assert account.down("--data", "delete").returncode == 0


def test_a_stack_of_somebody_else_is_left_alone(account: Account) -> None:
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName=STACK, TemplateBody=EMPTY)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    try:
        done = account.up()
        assert done.returncode == 1
        assert "that Flowza did not make" in done.stderr
        assert cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    finally:
        cloudformation.delete_stack(StackName=STACK)


def test_a_clash_of_names_is_undone_and_said(account: Account) -> None:
    s3, name = account.client("s3"), f"flowza-ci-site-{ACCOUNT}-{REGION}"
    s3.create_bucket(Bucket=name)
    try:
        done = account.up("a", "--no-smoke")
        assert done.returncode == 1
        assert "nothing is left that bills" in done.stderr
        assert name in done.stderr
        assert "Choose another STAGE" in done.stderr
        assert inventory(account) == {}
    finally:
        s3.delete_bucket(Bucket=name)


def test_two_stages_live_beside_each_other(account: Account) -> None:
    for stage in ("ci", "two"):
        done = account.up("a", "--no-smoke", stage=stage)
        assert done.returncode == 0, done.stderr
    assert account.run("down", "--stage", "two", "--yes", "--data", "delete").returncode == 0
    assert inventory(account, "two") == {}
    assert "stack" in inventory(account)
    assert account.down("--data", "delete").returncode == 0


def test_destroying_asks_first(account: Account) -> None:
    account.client("logs").create_log_group(logGroupName="/aws/lambda/flowza-ci-left")
    done = account.run("down", "--stage", "ci", typed="no\n")
    assert done.returncode == 1
    assert "Nothing was deleted" in done.stderr
    assert inventory(account) == {"log group": ["/aws/lambda/flowza-ci-left"]}
    assert account.run("down", "--stage", "ci", typed="ci\n").returncode == 0
    assert inventory(account) == {}


def test_help_says_what_can_be_chosen(account: Account) -> None:
    for words in (("--help",), ("up", "--help"), ("down", "--help"), ("doctor", "--help")):
        assert account.run(*words).returncode == 0


def test_an_account_with_too_few_functions_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    small = Account(tmp_path, "ci", LAMBDA_ACCOUNT_CONCURRENCY="5").start()
    try:
        done = small.up()
        assert done.returncode == 1
        assert "lets 5 functions work at once; 10 are needed" in done.stderr
        assert inventory(small) == {}
    finally:
        small.stop()


def test_the_registries_are_a_stack_that_goes_with_the_stage(account: Account) -> None:
    script = "from infra.deploy import doctor, stack; print(stack.registry(doctor.identify('ci'), print))"
    for _ in range(2):
        done = account.script(script)
        assert done.returncode == 0, done.stderr
        assert "flowza-ci-node" in done.stdout
    assert inventory(account) == {"stack": ["flowza-ci-registry"], "registry": ["flowza-ci-node", "flowza-ci-serving"]}
    assert account.down().returncode == 0
    assert inventory(account) == {}
