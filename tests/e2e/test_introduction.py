"""The worked example at the top of `docs/api.md` does what it says, line by line."""

import re
import subprocess
from pathlib import Path

from infra.reference import INTRODUCTION
from tests.conftest import Cloud

BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.S | re.M)
END = "--- end of a block ---"


def test_the_example_of_the_api_prints_what_the_page_says(cloud: Cloud, tmp_path: Path) -> None:
    blocks = BLOCK.findall(INTRODUCTION.read_text("utf-8"))
    assert len(blocks) > 8
    script = "".join(f"{block}echo '{END}'\n" for block, _ in blocks)
    for place, real in (("FLOWZA=http://127.0.0.1:4680", cloud.client.url), ("TOKEN=fz_your_token", str(cloud.client.token))):
        assert place in script
        script = script.replace(place, f"{place.partition('=')[0]}={real}")
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.split(f"{END}\n")
    assert printed.pop() == ""
    for (block, expected), found in zip(blocks, printed, strict=True):
        pattern = ".*".join(re.escape(part) for part in expected.split("…"))
        assert re.fullmatch(pattern, found), f"{block}printed\n{found}and the page says\n{expected}"
