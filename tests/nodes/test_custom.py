# ruff: noqa: E501 a try is read best on one line
"""Custom Python: what it can do, what it says when it fails, and what it cannot reach, by twenty tries and more."""

import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import ValidationError

from chalicelib import requirements
from node_containers.catalog import declarations, packages
from node_containers.sandbox import rules
from node_containers.sandbox.handler import Lease, handler
from node_containers.sandbox.process import ROOT, run_apart, run_files
from node_containers.sandbox.rules import NotAllowed, compiled
from node_containers.sdk import Context, NodeError, Table

FRAME = pd.DataFrame({"n": pd.array([1, 2, None], dtype="Int64"), "text": pd.array(["a", "NA", None], dtype="str"), "x": [0.5, 1.5, 2.5]})


def apart(code: str, seconds: int = 20, **params: Any) -> tuple[pd.DataFrame, str]:
    said: list[str] = []
    return run_apart(code, FRAME, params, seconds, said.append), "\n".join(said)


def failure(code: str, seconds: int = 20) -> tuple[NodeError, str]:
    said: list[str] = []
    with pytest.raises(NodeError) as failed:
        run_apart(code, FRAME, {}, seconds, said.append)
    assert failed.value.hint
    return failed.value, "\n".join(said)


USEFUL = """
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from dataclasses import dataclass

@dataclass
class Scale:
    by: float

    def apply(self, column):
        return column * self.by

def run(df, params):
    print("rows:", len(df), sep=" ")
    scale = Scale(params["by"])
    model = LinearRegression().fit(df[["x"]], df["x"])
    return df.assign(y=scale.apply(df["x"]), fitted=model.predict(df[["x"]]).round(6), chance=np.random.rand(len(df))).rename(columns={"n": "number"})
"""


def test_code_works_on_its_rows_and_gives_the_same_again() -> None:
    first, said = apart(USEFUL, by=2.0)
    assert first["y"].tolist() == [1.0, 3.0, 5.0]
    assert first["fitted"].tolist() == [0.5, 1.5, 2.5]
    assert str(first["number"].dtype) == "Int64"
    assert first["text"].tolist()[:2] == ["a", "NA"]
    assert said == "rows: 3"
    pd.testing.assert_frame_equal(apart(USEFUL, by=2.0)[0], first)


WRONG = {
    "an error": ("def run(df, params):\n    y = 1\n    return df['nope']\n", "custom-failed", "Line 3: KeyError: 'nope'"),
    "an error further in": (
        "def f(x):\n    return 1 / x\n\ndef run(df, params):\n    return f(0)\n",
        "custom-failed",
        "Line 2: ZeroDivisionError",
    ),
    "no Python": ("def run(df, params)\n    return df\n", "custom-syntax", "Line 1"),
    "no run": ("def go(df):\n    return df\n", "custom-not-allowed", "run(df, params)"),
    "no frame": ("def run(df, params):\n    return 7\n", "custom-not-allowed", "gave int"),
    "no rows": ("def run(df, params):\n    return df[df.x > 99]\n", "data-no-rows", "without rows"),
    "a column twice": ("def run(df, params):\n    df.columns = ['a', 'a', 'b']\n    return df\n", "custom-not-allowed", "own name"),
    "a number without an end": ("def run(df, params):\n    df['x'] = df['x'] / 0\n    return df\n", "value-not-finite", "infinite"),
    "an exit": ("def run(df, params):\n    raise SystemExit(3)\n", "custom-failed", "Line 2: SystemExit"),
    "a name that is not there": ("def run(df, params):\n    return open('x')\n", "custom-failed", "Line 2: NameError"),
}


@pytest.mark.parametrize(("code", "name", "words"), WRONG.values(), ids=WRONG)
def test_a_failure_names_the_line_of_the_code(code: str, name: str, words: str) -> None:
    failed, _ = failure(code)
    assert (failed.code, words in failed.message) == (name, True), failed.message


@pytest.mark.parametrize(
    ("requirement", "code", "words"),
    [
        ("xgboost", "requirement-unmet", "Code cannot import xgboost; it can import numpy"),
        ("scikit_learn>=99,<100", "requirement-unmet", f"There is scikit-learn {version('scikit-learn')}"),
        ("pandas[excel]", "requirement-unmet", "extras"),
        ("pandas @ https://example.org/pandas.whl", "requirement-unmet", "address"),
        ("pandas>>3", "requirement-invalid", "“pandas>>3” is no requirement"),
        ('pandas; python_version ~= "x"', "requirement-invalid", "is no requirement"),
    ],
)
def test_what_code_needs_and_does_not_get_is_said_before_it_runs(requirement: str, code: str, words: str) -> None:
    node = declarations()["custom_python"]
    with pytest.raises(NodeError) as failed:
        node.function(Table(FRAME), node.params(requirements=["numpy", requirement]), Context())
    assert (failed.value.code, failed.value.field, words in failed.value.message) == (code, "params.requirements.1", True), (
        failed.value.message
    )
    assert failed.value.hint


def test_code_whose_needs_are_met_runs() -> None:
    node, context = declarations()["custom_python"], Context(apart=run_apart)
    needs = ["numpy", f"pandas=={version('pandas')}", "scikit-learn>=1.5.0rc1", "Scipy~=1.0", 'tomli; python_version < "3"']
    given = node.function(Table(FRAME), node.params(requirements=needs), context)
    pd.testing.assert_frame_equal(given.frame, FRAME)


def test_the_catalogue_names_the_packages_that_are_there() -> None:
    assert set(packages()) == set(rules.PACKAGES)
    assert all(version(name) in versions for name, versions in packages().items())


RELEASES = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
CLAUSES = st.builds(
    lambda sign, release, more: f"{sign}{release}{more}",
    st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "~=", "==="]),
    RELEASES,
    st.sampled_from(["", "", ".*", "rc1", " "]),
)


@settings(deadline=None, max_examples=500)
@given(st.lists(CLAUSES, max_size=3).map(",".join), st.lists(RELEASES, min_size=1, max_size=2))
def test_the_check_refuses_what_packaging_refuses_and_never_more(text: str, releases: list[str]) -> None:
    try:
        specifier = SpecifierSet(text)
    except InvalidSpecifier:
        return
    met = any(specifier.contains(release, prereleases=True) for release in releases)
    try:
        requirements.check(f"Some_Package {text}", {"some-package": releases})
        # What is no plain version is left to the node.
        assert met or "rc1" in text or "===" in text
    except requirements.Unmet:
        assert not met


def test_the_log_has_the_trace_of_the_code_and_nothing_of_ours() -> None:
    _, said = failure(WRONG["an error further in"][0])
    assert "line 5, in run: return f(0)\n  line 2, in f: return 1 / x" in said
    assert "node_containers" not in said


def test_code_that_does_not_end_is_ended_and_code_that_eats_memory_too() -> None:
    assert failure("def run(df, params):\n    while True:\n        pass\n", seconds=1)[0].code == "custom-timeout"
    assert failure("def run(df, params):\n    return [0] * 10**10\n")[0].code == "custom-memory"


def test_code_gets_the_memory_that_it_is_allowed() -> None:
    node, taking = (
        declarations()["custom_python"],
        "def run(df, params):\n    block = bytearray(600 * 2**20)\n    return df.head(len(block) and 1)\n",
    )

    def given(**params: Any) -> Table:
        found: Table = node.function(Table(FRAME), node.params(code=taking, **params), Context(apart=run_apart))
        return found

    assert given().rows == given(memory_mb=1_536).rows == 1
    with pytest.raises(NodeError, match="its 512 MB") as failed:
        given(memory_mb=512)
    assert (failed.value.code, failed.value.field) == ("custom-memory", "params.memory_mb")
    assert failed.value.hint
    with pytest.raises(ValidationError):
        node.params(memory_mb=4_096)


def test_a_gigabyte_that_is_printed_is_cut_with_a_word_and_never_held() -> None:
    code = "def run(df, params):\n    print('first')\n    block = 'x' * 2**20\n    for _ in range(1024):\n        print(block)\n    return df\n"
    given, said = apart(code, seconds=60)
    assert len(given) == len(FRAME)
    assert said.startswith("first\nxxx")
    # 1,024 blocks and line ends, less the 20,000 characters that are kept, of which six are the first word's.
    assert said.endswith(f"… the log is cut here: {1024 * (2**20 + 1) - 19_994:,} more characters were printed")
    assert len(said) < 20_200


# Ways around the list of imports. Each would put a file into the world or bring something from it; none may.
BYPASSES = {
    "plainly": "import os",
    "by a friend": "import subprocess",
    "from within": "from os import system",
    "by a dot": "import os.path",
    "the import function": "__import__('os')",
    "the builtins": "__builtins__['__import__']('os')",
    "subclasses": "().__class__.__base__.__subclasses__()",
    "subclasses by getattr": "getattr(getattr(getattr((), '__cla' + 'ss__'), '__ba' + 'se__'), '__subclas' + 'ses__')()",
    "a module inside pandas": "import pandas as pd\n    pd.io.common.os.system('touch {canary}')",
    "a module inside pandas by name": "import pandas as pd\n    getattr(pd.io.common, 'o' + 's').system('touch {canary}')",
    "from inside pandas": "from pandas.io.common import os",
    "from inside pandas under a name": "from pandas.io.common import os as harmless",
    "a pattern": "import pandas as pd\n    match pd.io.common:\n        case object(os=found):\n            found.system('touch {canary}')",
    "globals of a function": "run.__globals__['__builtins__']",
    "globals of a method": "df.assign.__func__.__globals__['os']",
    "a frame of an error": "try:\n        1 / 0\n    except ZeroDivisionError as e:\n        e.__traceback__.tb_frame.f_back.f_globals",
    "a frame of a generator": "g = (x for x in [1])\n    g.gi_frame.f_back",
    "an expression of pandas": 'df.query(\'@df.__class__.__init__.__globals__["os"].system("touch {canary}")\')',
    "an expression with a module": "import pandas as pd\n    df.query('@pd.io.common.os.system(\"touch {canary}\") == 0')",
    "eval of pandas": "import pandas as pd\n    pd.eval('__import__(\"os\").system(\"touch {canary}\")', engine='python')",
    "a pickle": "import pandas as pd\n    import base64, io\n    pd.read_pickle(io.BytesIO(b''))",
    "a pickle in the folder": "import pandas as pd, numpy as np\n    np.array([b'x']).tofile('a.pkl')\n    pd.read_pickle('a.pkl')",
    "numpy loads pickles": "import numpy as np\n    np.save('a.npy', np.array([{{}}], dtype=object), allow_pickle=True)\n    np.load('a.npy', allow_pickle=True)",
    "methods by name": "df['x'].agg('__reduce_ex__', 0, 4)[0].__globals__",
    "attrgetter": "import operator\n    operator.attrgetter('io.common.os')(__import__('pandas')).system('touch {canary}')",
    "attrgetter with pandas": "import operator, pandas\n    operator.attrgetter('io.common.os')(pandas).system('touch {canary}')",
    "methodcaller": "import operator, pandas\n    operator.methodcaller('system', 'touch {canary}')(operator.attrgetter('io.common.os')(pandas))",
    "reduce with getattr": "import functools\n    functools.reduce(getattr, ['__class__', '__base__'], 1)",
    "a format string": "raise ValueError('{{0.__class__.__init__.__globals__}}'.format(run))",
    "a file of the machine": "import pandas as pd\n    return pd.read_csv('/etc/passwd', sep=':', header=None)",
    "a file of the parent": "import pandas as pd\n    return pd.read_csv('/proc/self/environ', header=None)",
    "memory of the parent": "import numpy as np\n    return np.memmap('/proc/1/mem', mode='r')",
    "a file to leave behind": "df.to_csv('{canary}')",
    "an address": "import pandas as pd\n    return pd.read_csv('{url}')",
    "a bucket": "import pandas as pd\n    return pd.read_csv('s3://bucket/file.csv')",
    "a socket inside": "import operator, pandas\n    operator.attrgetter('io.common.urllib')(pandas)",
    "C of numpy": "import numpy as np\n    np.ctypeslib.load_library('libc.so.6', '/lib')",
    "exec of numpy": "import numpy as np\n    np.distutils.exec_command.exec_command('touch {canary}')",
    "a base that is an attack": "class A(type):\n        pass\n    A.mro(int)[-1].__subclasses__()",
    "a text that is none": "class S(str):\n        pass\n    getattr(df, S('__class__')).__mro__",
}


@pytest.mark.parametrize("tried", BYPASSES.values(), ids=BYPASSES)
def test_there_is_no_way_around(tried: str, tmp_path: Path, site: tuple[str, list[str]]) -> None:
    url, asked = site
    canary = tmp_path / "canary"
    tmp_path.chmod(0o777)
    body = tried.format(canary=canary, url=url) if "{" in tried else tried
    said: list[str] = []
    code = f"def run(df, params):\n    {body}\n    raise AssertionError('it got through')\n"
    try:
        compiled(code)
    except NotAllowed:
        return  # it never gets as far as a process
    with pytest.raises(NodeError) as failed:
        run_apart(code, FRAME, {}, 20, said.append)
    assert not canary.exists()
    assert asked == []
    assert failed.value.code.startswith("custom-")
    if failed.value.code == "custom-failed":
        # It ran, and ran into a wall: nothing of this machine is in what it says.
        assert "it got through" not in failed.value.message or tried in HARMLESS, failed.value.message
        assert "root:" not in failed.value.message + "".join(said)


# These run to their end and have nothing in their hands: no file was made, nothing was asked, no value came out.
HARMLESS = (BYPASSES["numpy loads pickles"],)


@pytest.fixture
def site() -> Any:
    """A web server that hears whether anybody came."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/data.csv", asked
    server.shutdown()
    server.server_close()


# Where the rules of Python are got around, the walls of the operating system stand: the same tries with the rules taken away.
WALLS = {
    "a program": "import os\nos.execv('/bin/touch', ['touch', '{canary}'])",
    "a shell": "import os\nprint(os.system('touch {canary}'))",
    "a child": "import os\nos.fork()",
    "a connection": "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)",
    "a packet": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "a file of the machine": "open('/etc/passwd').read()",
    "the environment of the parent": "import os\nopen('/proc/%d/environ' % os.getppid()).read()",
    "a file to leave behind": "open('{canary}', 'w')",
    "C": "import ctypes\nctypes.CDLL(None).system(b'touch {canary}')",
    "C, calling the kernel": "import ctypes\nassert ctypes.CDLL(None, use_errno=True).syscall(41, 2, 1, 0) < 0\nraise OSError('no socket')",
    "a signal": "import os\nos.kill(os.getppid(), 9)",
}


@pytest.mark.parametrize("tried", WALLS.values(), ids=WALLS)
def test_the_walls_hold_without_the_rules(tried: str, tmp_path: Path, site: tuple[str, list[str]]) -> None:
    import json
    import subprocess
    import sys

    from node_containers.sandbox.process import ROOT

    url, asked = site
    canary = tmp_path / "canary"
    own = tmp_path / "own"
    own.mkdir()
    port = url.rpartition(":")[2].partition("/")[0]
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]);\n"
        "import ctypes, json, os, pathlib, socket, subprocess\n"
        "from node_containers.sandbox import walls\n"
        "own = pathlib.Path(sys.argv[2]); seen = os.open(own / 'said', os.O_CREAT | os.O_WRONLY, 0o666)\n"
        "found = {'walls': walls.build(own, memory_bytes=2**28, seconds=20)}\n"
        "try:\n    exec(sys.argv[3]); found['done'] = True\n"
        "except BaseException as error: found['refused'] = type(error).__name__\n"
        "os.write(seen, json.dumps(found).encode())\n"
    )
    own.chmod(0o777)
    order = [sys.executable, "-I", "-c", program, str(ROOT), str(own), tried.format(canary=canary, port=port)]
    subprocess.run(order, check=False, env={"PATH": "/usr/bin:/bin"}, cwd=own, timeout=60, capture_output=True)
    report = json.loads((own / "said").read_text() or "{}")
    assert not canary.exists()
    assert asked == []
    assert "calls" in report["walls"]
    assert "refused" in report or "shell" in tried or "system" in tried, report


def test_the_child_has_no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read before the walls, through a module that keeps it: even then there is nothing in it."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret-value")
    code = "def run(df, params):\n    import pandas as pd\n    return pd.DataFrame({'k': [str(sorted(params))]})\n"
    assert "very-secret-value" not in apart(code)[0].to_string()


def test_the_rules_alone_refuse_what_can_be_seen() -> None:
    for name in (
        "plainly",
        "by a friend",
        "from within",
        "by a dot",
        "the import function",
        "subclasses",
        "from inside pandas",
        "globals of a function",
    ):
        code = f"def run(df, params):\n    {BYPASSES[name]}\n"
        with pytest.raises(NotAllowed):
            compiled(code) and rules.namespace(print)["__builtins__"]["__import__"]("pandas.io.common", fromlist=["os"])


def test_the_node_hands_on_role_recipe_and_target() -> None:
    declaration = declarations()["custom_python"]
    table = Table(FRAME, ({"step": "impute"},), "train", "x")
    given = declaration.function(table=table, params=declaration.params(), context=Context(apart=run_apart))
    assert (given.recipe, given.role, given.target) == (table.recipe, "train", "x")
    pd.testing.assert_frame_equal(given.frame, FRAME)


PARENT = """
import sys, tempfile, pandas as pd
from pathlib import Path
from node_containers.sandbox.process import run_files
folder = Path(sys.argv[1])
pd.DataFrame({"x": [1]}).to_parquet(folder / "input.parquet", index=False)
run_files("def run(df, params):\\n    while True:\\n        pass\\n", folder, {}, 600, print)
"""


@pytest.mark.parametrize("walled", [False, True], ids=["while it starts", "while the code works"])
def test_a_killed_worker_takes_the_code_with_it(walled: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        worker = psutil.Popen([sys.executable, "-c", PARENT, place], cwd=ROOT)
        try:
            child = until(lambda: next((one for one in worker.children() if any("sandbox.child" in word for word in one.cmdline())), None))
            until(lambda: is_walled(child) == walled or None)
            worker.kill()
            worker.wait()
            until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE or None)
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()


def is_walled(process: psutil.Process) -> bool:
    """The last wall: system calls are filtered."""
    return "Seccomp:\t2" in Path(f"/proc/{process.pid}/status").read_text()


def until(look: Callable[[], Any]) -> Any:
    """What a look finds, once it finds something."""
    for _ in range(3_000):
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


@pytest.mark.parametrize(
    ("status", "written", "holds"),
    [
        (200, "12:00:00", [True] * 6),
        (200, "11:59:20", [True] * 4 + [False]),
        (200, None, [True] * 6),
        (404, None, [False]),
        (403, None, [False]),
    ],
    ids=["fresh", "old", "without a time", "gone", "gone and not told"],
)
def test_a_lease_holds_while_it_is_written_anew(status: int, written: str | None, holds: list[bool]) -> None:
    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            self.send_header("Date", "Wed, 25 Nov 2026 12:00:05 GMT")
            if written:
                self.send_header("Last-Modified", f"Wed, 25 Nov 2026 {written} GMT")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lease = Lease(f"http://127.0.0.1:{server.server_port}/lease")
    assert [lease.holds() for _ in holds] == holds
    server.shutdown()
    server.server_close()
    # A store that cannot be asked says nothing.
    assert lease.holds()


def test_code_ends_when_nobody_waits_for_its_answer_any_more() -> None:
    said: list[str] = []
    endless = "def run(df, params):\n    while True:\n        pass\n"
    # Not below pytest's own folder, which nobody may enter: the code runs as nobody.
    with tempfile.TemporaryDirectory() as place, pytest.raises(NodeError, match="was stopped") as stopped:
        FRAME.to_parquet(Path(place) / "input.parquet", index=False)
        run_files(endless, Path(place), {}, 600, said.append, lambda: False)
    assert stopped.value.code == "custom-stopped"


def test_the_function_on_aws_takes_and_gives_rows_by_addresses_within_the_memory_of_its_order(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "input", index=False)
    (tmp_path / "lease").touch()

    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (tmp_path / self.path[1:]).read_bytes()
            self.send_response_only(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            (tmp_path / self.path[1:]).write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response_only(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = {name: f"http://127.0.0.1:{server.server_port}/{name}" for name in ("input", "output", "lease")}
    code = "def run(df, params):\n    print('here')\n    block = bytearray(300 * 2**20)\n    return df.head(params['n'] + len(block) * 0)\n"
    order = {"code": code, "params": {"n": 2}, "seconds": 20, **addresses}
    assert handler({**order, "memory_mb": 128})["error"]["field"] == "params.memory_mb"
    assert not (tmp_path / "output").exists()
    assert handler({**order, "memory_mb": 1_024}) == handler(order) == {"log": ["here"]}
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "output"), FRAME.head(2))
    server.shutdown()
    server.server_close()
