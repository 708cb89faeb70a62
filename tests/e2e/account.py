"""An AWS account to deploy into: the emulator, empty, with the pool in place of image functions."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from infra.local import lifeline
from infra.local.layout import ROOT, free_port
from infra.package import package

START_SECONDS = 120
ACCOUNT, REGION = "000000000000", "us-east-1"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/flowza/node@sha256:"


@cache
def packaged() -> Path:
    """What `make package` writes, once for all tests of a run."""
    return package(Path(tempfile.mkdtemp(prefix="flowza-package-"))).parent


class Account:
    """`environment` is what a person who is signed in to it has set."""

    def __init__(self, state: Path, stage: str, **emulator: str) -> None:
        self.state, self.stage, self.emulator = state, stage, emulator
        self.port, self.pool = free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        self._reader, self._writer = os.pipe()

    def start(self) -> "Account":
        proxies = {
            f"MINISTACK_LAMBDA_PROXY_flowza-{self.stage}-{name}": f"http://127.0.0.1:{self.pool}/"
            for name in ("node-small", "node-large", "serving")
        }
        self._spawn("emulator", str(self.state), str(self.port), **proxies, **self.emulator)
        bucket = f"flowza-{self.stage}-{ACCOUNT}-{REGION}"
        self._spawn("pool", str(self.pool), FLOWZA_STAGE=self.stage, FLOWZA_BUCKET=bucket, **self.environment, **self._names())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2).close()  # noqa: S310 loopback
                return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.state / "emulator.log").read_text())

    def _names(self) -> dict[str, str]:
        tables = {f"FLOWZA_{name.upper()}_TABLE": f"flowza-{self.stage}-{name}" for name in ("records", "runs", "serving")}
        return {**tables, "FLOWZA_PLATFORM_FUNCTION": f"flowza-{self.stage}-platform", "FLOWZA_CREDENTIALS": "session"}

    def _spawn(self, name: str, *words: str, **environment: str) -> None:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        with (self.state / f"{name}.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", f"infra.local.{name}", *words],
                    cwd=ROOT,
                    env={**clean, **environment, lifeline.VARIABLE: str(self._reader)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(self._reader,),
                    start_new_session=True,
                )
            )

    def stop(self) -> None:
        os.close(self._writer)
        for process in self._processes:
            process.terminate()
            process.wait(20)

    def client(self, service: str) -> Any:
        words = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
        return boto3.client(service, endpoint_url=self.endpoint, **words)

    def run(self, *words: str, typed: str = "", **environment: str | None) -> subprocess.CompletedProcess[str]:
        """`python -m infra.deploy …` as a person would; a variable given as None is not set."""
        return self._python(["-m", "infra.deploy", *words], typed, environment)

    def script(self, text: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self._python(["-c", text, *words], "", {})

    def _python(self, words: list[str], typed: str, environment: Mapping[str, str | None]) -> subprocess.CompletedProcess[str]:
        wanted = {**{key: value for key, value in os.environ.items() if not key.startswith("AWS_")}, **self.environment, **environment}
        clean = {key: value for key, value in wanted.items() if value is not None}
        return subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=clean, input=typed, capture_output=True, text=True, timeout=500, check=False
        )

    def is_empty(self) -> bool:
        """Whether a test left no stack, bucket, table or log group behind."""
        stacks = [one for one in self.client("cloudformation").list_stacks()["StackSummaries"] if one["StackStatus"] != "DELETE_COMPLETE"]
        tables, logs = self.client("dynamodb").list_tables()["TableNames"], self.client("logs").describe_log_groups()["logGroups"]
        return not (stacks or tables or logs or self.client("s3").list_buckets()["Buckets"])

    def empty(self) -> None:
        """A new account, for the tests behind one that failed half way."""
        request = urllib.request.Request(f"{self.endpoint}/_ministack/reset", method="POST")  # noqa: S310 loopback
        urllib.request.urlopen(request, timeout=60).close()  # noqa: S310

    def up(self, image: str = "a", *more: str, stage: str = "") -> subprocess.CompletedProcess[str]:
        """Deploy with images that are said to be in a registry, and one package for all."""
        images = [word for name in ("node", "task", "serving") for word in (f"--{name}-image", IMAGE + image * 64)]
        return self.run("up", "--stage", stage or self.stage, "--package", str(packaged()), *images, *more)

    def down(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.run("down", "--stage", self.stage, "--yes", *more)
