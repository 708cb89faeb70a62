"""What the command line says to whoever mistypes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def local(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.local", *words]
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("port", ["99999", "-1", "abc", "65536"])
def test_a_port_that_cannot_be_is_refused_in_a_sentence(port: str, tmp_path: Path) -> None:
    answer = local("up", "--no-open", "--state", str(tmp_path), f"--port={port}")
    assert answer.returncode == 2
    assert f"a port is a number from 0 to 65535, not {port}" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_reset_without_a_terminal_deletes_nothing_and_says_the_way(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    journal.touch()
    answer = local("reset", "--state", str(tmp_path))
    assert (answer.returncode, journal.exists()) == (1, True)
    assert "--yes" in answer.stderr and "Traceback" not in answer.stderr
    assert local("reset", "--yes", "--state", str(tmp_path)).returncode == 0
    assert not tmp_path.exists()


def test_the_usage_names_a_command_that_exists() -> None:
    assert local("--help").stdout.startswith("usage: python -m infra.local ")


def test_make_lists_every_documented_task() -> None:
    listed = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rules = [line.split(":")[0] for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if ":" in line and "  ## " in line]
    missing = [name for rule in rules for name in rule.split() if name not in listed.replace("|", " ").split()]
    assert missing == []
