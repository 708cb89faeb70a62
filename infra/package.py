"""`make package`: the merged, lint-clean CloudFormation template and its zip in `dist/aws`.

Chalice writes the template of the API and merges `infra/resources.yaml` into it; the zip loses the descriptions of AWS services that the API never calls,
which are most of it. Nothing here talks to AWS.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "dist" / "aws"
# What the control plane calls, and what the SDK itself reads.
SERVICES = frozenset({"dynamodb", "s3", "lambda", "ecs", "events", "secretsmanager", "sns", "sqs", "stepfunctions", "sts"})
DATA = "botocore/data/"


def package(target: Path = TARGET) -> Path:
    """Write `sam.yaml` and `deployment.zip` into `target`; the path of the template. Raises `CalledProcessError` where Chalice or cfn-lint refuse."""
    tools = Path(sys.executable).parent
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(tools / "chalice"),
        "package",
        "--stage",
        "dev",
        "--merge-template",
        "infra/resources.yaml",
        "--template-format",
        "yaml",
        str(target),
    ]
    # Chalice asks for a region although the template names none.
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    trim(target / "deployment.zip")
    subprocess.run([str(tools / "cfn-lint"), str(target / "sam.yaml")], cwd=ROOT, check=True)
    return target / "sam.yaml"


def trim(path: Path) -> None:
    """Rewrite the zip without the service descriptions that nobody reads."""
    slim = path.with_suffix(".slim")
    with zipfile.ZipFile(path) as full, zipfile.ZipFile(slim, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as kept:
        for entry in full.infolist():
            if wanted(entry.filename):
                kept.writestr(entry, full.read(entry))
    slim.replace(path)


def wanted(name: str) -> bool:
    """Whether a file of the zip is needed: service descriptions only of the services that are called."""
    if not name.startswith(DATA):
        return True
    rest = name.removeprefix(DATA).split("/")
    return len(rest) == 1 or rest[0] in SERVICES


def main() -> None:
    try:
        template = package()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"flowza: packaging failed: {failed.stderr or failed.stdout or failed}")
    size = (template.parent / "deployment.zip").stat().st_size
    sys.stdout.write(f"{template.relative_to(ROOT)} ({template.stat().st_size:,} bytes), deployment.zip ({size / 1e6:.1f} MB)\n")


if __name__ == "__main__":
    main()
