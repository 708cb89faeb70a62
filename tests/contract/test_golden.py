"""Every drawing in `statemachines/` compiles to the definition that lies beside it, byte for byte, and to nothing AWS would refuse.

`make golden` rewrites the definitions; reviewers read the difference.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.catalog import load
from chalicelib.check import Checked, check
from chalicelib.compiler import Plan, Targets, keys, plan, to_asl
from chalicelib.facts import DatasetFacts, Facts
from chalicelib.limits import lint
from chalicelib.workflow import Workflow

STATEMACHINES = Path(__file__).parents[2] / "statemachines"
TEMPLATES = sorted((Path(__file__).parents[2] / "chalicelib" / "templates").glob("*.json"))
DRAWINGS = sorted(STATEMACHINES.glob("*.workflow.json"))
TARGETS = Targets({"small": "${SmallNodeFunction}", "large": "${LargeNodeFunction}"})


def sample_facts() -> Facts:
    samples = load().samples
    known = {ref: DatasetFacts(sample.sha256, sample.rows, 0, sample.columns, sample.target) for ref, sample in samples.items()}
    return Facts(datasets=known, environment="golden")


def checked(drawing: Path) -> Checked:
    return check(Workflow.model_validate_json(drawing.read_text("utf-8")), load(), sample_facts())


def planned(drawing: Path, *, fusion: bool = True) -> Plan:
    found, facts = checked(drawing), sample_facts()
    return plan(found, facts, keys(found, facts, run="golden"), {}, fusion=fusion)


def text_of(definition: Mapping[str, Any]) -> str:
    return json.dumps(definition, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_template_is_a_drawing_here(template: Path) -> None:
    drawing = STATEMACHINES / f"{template.stem}.workflow.json"
    text = text_of(json.loads(template.read_text("utf-8"))["workflow"])
    if os.environ.get("GOLDEN") == "write":
        drawing.write_text(text, "utf-8")
    assert drawing.read_text("utf-8") == text, "run `make golden`"


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda path: path.name.removesuffix(".workflow.json"))
def test_the_drawing_has_no_problem_and_compiles_to_its_golden_definition(drawing: Path) -> None:
    assert checked(drawing).problems == ()
    golden = drawing.with_name(drawing.name.replace(".workflow.json", ".asl.json"))
    text = text_of(to_asl(planned(drawing), TARGETS))
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, "utf-8")
    assert golden.read_text("utf-8") == text, "run `make golden` and read the difference"


def test_no_golden_definition_is_left_without_its_drawing() -> None:
    names = {path.name.removesuffix(".workflow.json") for path in DRAWINGS}
    assert {path.name.removesuffix(".asl.json") for path in STATEMACHINES.glob("*.asl.json")} == names
    assert len(names) >= 15


def test_every_compiled_machine_passes_both_validators() -> None:
    machines = [
        {"name": f"{drawing.name} fusion={fusion}", "definition": to_asl(planned(drawing, fusion=fusion), TARGETS)}
        for drawing in DRAWINGS
        for fusion in (True, False)
    ]
    assert [lint(machine["definition"]) for machine in machines] == [[]] * len(machines)
    broken = json.loads(json.dumps(machines[0])) | {"name": "broken on purpose"}
    broken["definition"]["StartAt"] = "Nowhere"
    refused = asl_validator([*machines, broken])
    assert [found["name"] for found in refused] == ["broken on purpose"], refused


def asl_validator(machines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the asl-validator package refuses. It needs Node, which `make test` brings."""
    command = ["node", str(STATEMACHINES / "validate.mjs")]
    outcome = subprocess.run(command, input=json.dumps(machines), capture_output=True, text=True, check=True)
    refused: list[dict[str, Any]] = json.loads(outcome.stdout)
    return refused
