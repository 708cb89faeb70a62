"""Custom Python in its function container: the same rows as in the pool, and the walls that a container lets stand."""

import json
from typing import Any

import pytest

from infra.figures import measured
from infra.local.containers import limits
from infra.local.layout import SANDBOX
from tests.conftest import Cloud
from tests.containers.conftest import COMMAND, say
from tests.containers.test_containers import result
from tests.e2e.test_engine import drawing, node
from tests.nodes.test_custom import WALLS

CODE = "def run(df, params):\n    print('seen', len(df))\n    return df.assign(double=df['age'] * params['by'])\n"


def own(code: str, seconds: int = 60) -> dict[str, Any]:
    """The passengers, and code of somebody's own behind them."""
    params = {"code": code, "params": {"by": 2}, "timeout_seconds": seconds}
    return drawing("own code", {"load": ("csv_loader", {}), "code": ("custom_python", params)}, "load>code")


def test_own_code_makes_the_very_bytes_of_the_pool_in_a_function_that_is_told_nothing(contained: Cloud, cloud: Cloud, engine: Any) -> None:
    inside, beside = (one.finish(one.client.start(own(CODE), cache=False)) for one in (contained, cloud))
    assert inside["status"] == beside["status"] == "succeeded", (inside["error"], beside["error"])
    assert result(contained, inside["id"], "code") == result(cloud, beside["id"], "code")
    log = contained.client.call("GET", f"/runs/{inside['id']}/nodes/code")["log"]
    assert "seen 1313" in log
    assert "could not wall off" not in log
    say(
        measured(
            "containers-own-code", node(inside, "code")["seconds"], "s", 1, "custom Python with a cold sandbox function", command=COMMAND
        )
    )
    found = [
        one for one in engine.containers.list(filters={"label": "ministack=lambda"}) if told(one).get("AWS_LAMBDA_FUNCTION_NAME") == SANDBOX
    ]
    assert found
    assert not [name for one in found for name in told(one) if name.startswith("FLOWZA_")]


def told(container: Any) -> dict[str, str]:
    """The environment of a container."""
    return dict(line.partition("=")[::2] for line in container.attrs["Config"]["Env"])


ENDS = {
    "a fault": ("def run(df, params):\n    x = 1\n    return df['nope']\n", 60, "custom-failed", "Line 3: KeyError"),
    "no end": ("def run(df, params):\n    while True:\n        pass\n", 1, "custom-timeout", "more than its time"),
    "no bounds": ("def run(df, params):\n    return [0] * 10**10\n", 60, "custom-memory", "out of its 1,024 MB"),
}


@pytest.mark.parametrize(("code", "seconds", "name", "words"), ENDS.values(), ids=ENDS)
def test_own_code_that_goes_wrong_is_named_out_of_its_container(contained: Cloud, code: str, seconds: int, name: str, words: str) -> None:
    run = contained.finish(contained.client.start(own(code, seconds)))
    error = node(run, "code")["error"]
    assert (run["status"], error["code"], words in error["message"]) == ("failed", name, True), error


# Let the walls down in a child for each try, and say which stand and what became of the try.
TRIES = """if 1:
    import json, os, pathlib, sys, tempfile
    from node_containers.sandbox import walls
    found = {}
    for name, tried in json.loads(sys.argv[1]).items():
        own, (ours, its) = pathlib.Path(tempfile.mkdtemp()), os.pipe()
        if os.fork() == 0:
            said = {"walls": walls.build(own, memory_bytes=2**28, seconds=20)}
            try:
                exec(tried)
                said["done"] = True
            except BaseException as error:
                said["refused"] = type(error).__name__
            os.write(its, json.dumps(said).encode())
            os._exit(0)
        os.close(its)
        found[name] = json.loads(os.read(ours, 4096) or b"{}")
        os.wait()
    print(json.dumps(found))
"""
# Lambda's kernel (5.10) knows no Landlock: its three calls, 444 to 446, are answered as there.
NO_LANDLOCK = [
    {"names": [f"landlock_{call}" for call in ("create_ruleset", "add_rule", "restrict_self")], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
]
# What is nobody's secret on Lambda: the image, and the keys of a role that may write its own log.
READABLE = {"a file of the machine", "the environment of the parent"}
# The folder for temporary files, which is emptied with the container.
WRITABLE = {"a file to leave behind"}


@pytest.mark.parametrize("landlock", [True, False], ids=["as here", "without Landlock, as on Lambda"])
def test_the_walls_hold_in_a_function_container(engine: Any, images: dict[str, str], landlock: bool) -> None:
    words = limits({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048"})
    if not landlock:
        profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": NO_LANDLOCK}
        words["security_opt"] = [*words["security_opt"], f"seccomp={json.dumps(profile)}"]
    tries = {name: tried.format(canary="/tmp/canary", port=9) for name, tried in WALLS.items()}
    said = json.loads(engine.containers.run(images["node"], ["-c", TRIES, json.dumps(tries)], entrypoint=["python3"], remove=True, **words))
    standing = {wall for one in said.values() for wall in one["walls"]}
    assert {"limits", "no rights", "calls"} <= standing
    assert landlock or standing == {"limits", "no rights", "calls"}
    done = {name for name, one in said.items() if "refused" not in one and name not in ("a shell", "C")}
    assert done <= (READABLE | WRITABLE if "files" not in standing else set()), said


# Where loading a filter is refused as well, Python's own rules are what is left.
ALONE = """if 1:
    import json, pandas
    from node_containers.sandbox.process import run_apart
    from node_containers.sdk import NodeError
    said, code = [], "import pandas\\ndef run(df, params):\\n    return pandas.read_csv('http://127.0.0.1:9')\\n"
    try:
        run_apart(code, pandas.DataFrame({"x": [1]}), {}, 20, said.append)
    except NodeError as failed:
        print(json.dumps([failed.code, failed.message, said]))
"""


def test_walls_that_cannot_be_built_are_said_in_the_log(engine: Any, images: dict[str, str]) -> None:
    words = limits({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048"})
    load_filter = {"names": ["prctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": [{"index": 0, "value": 22, "op": "SCMP_CMP_EQ"}]}
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [*NO_LANDLOCK, load_filter]}
    words["security_opt"] = [*words["security_opt"], f"seccomp={json.dumps(profile)}"]
    code, message, log = json.loads(engine.containers.run(images["node"], ["-c", ALONE], entrypoint=["python3"], remove=True, **words))
    assert (code, "is not allowed here" in message) == ("custom-failed", True), message
    assert "this machine could not wall off the network: it has no seccomp" in log
