"""`make lint-aws`: cfn-lint and checkov over the merged template, parliament over every policy. Prints one JSON line a figure.

checkov pins an SDK of its own, so both linters live in an environment of their own.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.environments import environment
from infra.lint.policies import INLINE_MAX_CHARACTERS, MANAGED_MAX_CHARACTERS, Policy, policies, size
from infra.lint.reasons import CHECKOV, PARLIAMENT
from infra.package import package

SCRIPT = """
import json, sys
from parliament import analyze_policy_string
for name, text in json.load(sys.stdin):
    for finding in analyze_policy_string(text).findings:
        print(json.dumps([name, finding.issue, str(finding.detail)]))
"""


def main() -> int:
    template = package()  # runs cfn-lint, and fails where it finds anything
    tools = environment("lint")
    problems = [*_checkov(tools, template), *_parliament(tools, policies()), *_sizes(policies())]
    for problem in problems:
        sys.stderr.write(f"flowza: {problem}\n")
    return 1 if problems else 0


def _checkov(tools: Path, template: Path) -> list[str]:
    command = [
        str(tools / "checkov"),
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


def _parliament(tools: Path, known: list[Policy]) -> list[str]:
    # A policy of a bucket, queue or topic names principals, which parliament does not read.
    texts = [(f"{policy.resource}/{policy.name}", json.dumps(policy.document)) for policy in known if policy.kind != "resource"]
    command = [str(tools / "python"), "-c", SCRIPT]
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
