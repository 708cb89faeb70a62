"""`make lint-aws`: cfn-lint and checkov over the merged template, parliament over every policy. Prints one JSON line a figure.

checkov pins an SDK of its own, so both linters live in an environment of their own (`infra/locks/lint.txt`), made when it is first needed.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.lint.policies import INLINE_MAX_CHARACTERS, MANAGED_MAX_CHARACTERS, Policy, policies, size
from infra.lint.reasons import CHECKOV, PARLIAMENT
from infra.package import ROOT, package

TOOLS = ROOT / ".venv" / "lint"
LOCK = ROOT / "infra" / "locks" / "lint.txt"
SCRIPT = """
import json, sys
from parliament import analyze_policy_string
for name, text in json.load(sys.stdin):
    for finding in analyze_policy_string(text).findings:
        print(json.dumps([name, finding.issue, str(finding.detail)]))
"""


def main() -> int:
    template = package()  # runs cfn-lint, and fails where it finds anything
    tools()
    problems = [*_checkov(template), *_parliament(policies()), *_sizes(policies())]
    for problem in problems:
        sys.stderr.write(f"flowza: {problem}\n")
    return 1 if problems else 0


def tools() -> None:
    """Make the linters' environment where there is none for this lock."""
    stamp = TOOLS / "installed-from"
    if stamp.exists() and stamp.read_bytes() == LOCK.read_bytes():
        return
    sys.stderr.write("flowza: Installing checkov and parliament (about a minute, once)\n")
    shutil.rmtree(TOOLS, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], check=True)
    pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-warn-script-location", "--require-hashes", "-r", str(LOCK)], check=True)
    stamp.write_bytes(LOCK.read_bytes())


def _checkov(template: Path) -> list[str]:
    command = [
        str(TOOLS / "bin" / "checkov"),
        "-f",
        str(template),
        "--framework",
        "cloudformation",
        "--skip-download",
        "--compact",
        "-o",
        "json",
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    report: Any = json.loads(found.stdout)
    failed = report["results"]["failed_checks"]
    seen = {check["check_id"] for check in failed}
    unexplained = [check for check in failed if check["check_id"] not in CHECKOV]
    _figure("checkov-passed", report["summary"]["passed"], None)
    _figure("checkov-explained", len(failed) - len(unexplained), None)
    _figure("checkov-unexplained", len(unexplained), 0)
    stale = [f"{name} has a reason in infra/lint/reasons.py, but checkov does not find it any more" for name in CHECKOV if name not in seen]
    return [f"{check['check_id']} {check['resource']}: {check['check_name']}" for check in unexplained] + stale


def _parliament(known: list[Policy]) -> list[str]:
    # A policy of a bucket, queue or topic names principals, which parliament does not read.
    texts = [(f"{policy.resource}/{policy.name}", json.dumps(policy.document)) for policy in known if policy.kind != "resource"]
    command = [str(TOOLS / "bin" / "python"), "-c", SCRIPT]
    found = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    findings = [json.loads(line) for line in found.stdout.splitlines()]
    unexplained = [finding for finding in findings if not any(f"'{action}'" in finding[2] for action in PARLIAMENT)]
    _figure("parliament-policies", len(texts), None)
    _figure("parliament-explained", len(findings) - len(unexplained), None)
    _figure("parliament-unexplained", len(unexplained), 0)
    return [f"{name}: {issue} {detail}" for name, issue, detail in unexplained]


def _sizes(known: list[Policy]) -> list[str]:
    over = []
    for kind, most in (("managed", MANAGED_MAX_CHARACTERS), ("inline", INLINE_MAX_CHARACTERS)):
        sizes = {f"{policy.resource}/{policy.name}": size(policy.document) for policy in known if policy.kind == kind}
        _figure(f"largest-{kind}-policy", max(sizes.values(), default=0), most)
        over += [f"{name} has {count:,} characters; IAM takes {most:,}" for name, count in sizes.items() if count > most]
    return over


def _figure(name: str, value: int, goal: int | None) -> None:
    line = {"id": name, "value": value, "goal": goal, "unit": "", "n": 1, "ok": goal is None or value <= goal}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main())
