"""The control plane is light, described, and fresh."""

import json
import subprocess
import sys
from pathlib import Path

from openapi_spec_validator import validate

from chalicelib.api import describing, routes
from infra import reference

ROOT = Path(__file__).parents[2]
HEAVY = ("pandas", "numpy", "sklearn", "xgboost", "joblib", "pyarrow", "openai", "node_containers")


def test_a_fresh_process_that_imports_the_app_has_no_science_in_it() -> None:
    code = f"import app, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[]"


def test_the_description_is_fresh_and_valid() -> None:
    assert routes.RESOURCES
    assert describing.OPENAPI.read_text("utf-8") == describing.document_text(), "run `make api`"
    document = json.loads(describing.document_text())
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_the_page_of_the_api_is_fresh_and_names_every_operation() -> None:
    text = reference.PAGE.read_text("utf-8")
    document = json.loads(describing.document_text())
    assert text == reference.page(document), "run `make api`"
    assert all(f"`{method.upper()} {path}`" in text for path, methods in document["paths"].items() for method in methods)


def test_every_operation_can_end_in_a_problem_document() -> None:
    for methods in json.loads(describing.document_text())["paths"].values():
        for operation in methods.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert operation["summary"].endswith(".")


def test_app_is_thin() -> None:
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) <= 80


def test_no_module_grows_beyond_its_house() -> None:
    for folder in ("chalicelib", "node_containers", "infra"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text("utf-8").splitlines()) <= 600, path


def test_the_canvas_has_the_types_of_this_api(tmp_path: Path) -> None:
    made = tmp_path / "schema.d.ts"
    frontend = ROOT / "frontend"
    command = ["node_modules/.bin/openapi-typescript", str(describing.OPENAPI), "--default-non-nullable=false", "-o", str(made)]
    subprocess.run(command, cwd=frontend, capture_output=True, check=True)
    assert made.read_text("utf-8") == (frontend / "src" / "api" / "schema.d.ts").read_text("utf-8"), "run `make api`"
