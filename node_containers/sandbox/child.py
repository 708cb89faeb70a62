"""The interpreter that somebody's code runs in. Started by `process.py`, told by its standard input, leaves `report.json` and `output.parquet`."""

import io
import json
import sys
from pathlib import Path
from typing import Any

from node_containers.sandbox import rules, walls

PRINTED_CHARACTERS = 20_000


def main() -> None:
    """Standard input: `{"code", "params", "folder", "seconds", "memory_bytes", "parent"}`; the rows lie in the folder as `input.parquet`."""
    order = json.loads(sys.stdin.buffer.read())
    walls.die_with(order["parent"])
    folder = Path(order["folder"])
    # All that has to be imported and opened comes before the walls.
    import numpy as np
    import pandas as pd
    import pyarrow.parquet  # noqa: F401 loads what writing needs

    rules.load_imports(order["code"])
    frame = pd.read_parquet(folder / "input.parquet")
    pd.DataFrame({"a": [1], "b": ["x"]}).to_parquet(folder / "output.parquet")
    np.random.seed(0)
    __import__("random").seed(0)
    readable = walls.readable_places()
    standing = walls.build(folder, memory_bytes=order["memory_bytes"], seconds=order["seconds"])
    # The walls took the promise away: another user does not inherit it.
    walls.die_with(order["parent"])
    walls.watch(folder, readable)
    printed = _Printed()
    report: dict[str, Any] = {"walls": standing}
    try:
        _run(order["code"], frame, order["params"], printed, folder)
    except MemoryError:
        report |= {
            "code": "custom-memory",
            "message": f"The code ran out of its {order['memory_bytes'] // 2**20:,} MB.",
            "line": None,
            "trace": "",
        }
    except BaseException as error:
        report |= rules.described(error, order["code"])
    report["printed"] = printed.text
    (folder / "report.json").write_text(json.dumps(report), "utf-8")
    sys.stdout.flush()


def _run(code: str, frame: Any, params: Any, printed: "_Printed", folder: Path) -> None:
    import pandas as pd

    scope = rules.namespace(printed.say)
    exec(rules.compiled(code), scope)  # noqa: S102 this is what the walls are for
    returned = rules.check_run(scope)(frame, params)
    if isinstance(returned, pd.Series):
        returned = returned.to_frame()
    if not isinstance(returned, pd.DataFrame):
        raise rules.NotAllowed(f"run must return a DataFrame; it gave {type(returned).__name__}.")
    if not returned.columns.is_unique or not len(returned.columns):
        raise rules.NotAllowed("run must return a DataFrame with columns, each of its own name.")
    returned = returned.reset_index(drop=True)
    returned.columns = [str(name)[:256] for name in returned.columns]
    returned.to_parquet(folder / "output.parquet", index=False)


class _Printed:
    """What the code prints, up to a limit; of the rest, how much it was."""

    def __init__(self) -> None:
        self._buffer = io.StringIO()
        self._left_out = 0

    def say(self, *words: Any, sep: str = " ", end: str = "\n", **_: Any) -> None:
        said = sep.join(map(str, words)) + end
        room = PRINTED_CHARACTERS - self._buffer.tell()
        self._buffer.write(said[:room])
        self._left_out += max(0, len(said) - room)

    @property
    def text(self) -> str:
        rest = f"\n… the log is cut here: {self._left_out:,} more characters were printed\n" if self._left_out else ""
        return self._buffer.getvalue() + rest
