"""A run as Python gives the figures of the run, whatever the drawing is called."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from chalicelib.catalog import load
from chalicelib.notebook import notebook, script
from node_containers.runtime.invocation import run_stage
from tests.nodes.conftest import PlannedRun

ROOT = Path(__file__).parents[2]


def said_by(code: str, folder: Path) -> str:
    path = folder / "exported.py"
    path.write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, str(path)], env={"PYTHONPATH": str(ROOT)}, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def figures_of(code: str, folder: Path) -> dict[str, Any]:
    said = said_by(code, folder)
    return dict(json.loads(said[said.index("\n{\n") :]))


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", ["titanic", "iris_two_models"])
def test_the_script_gives_the_figures_of_the_run(name: str, tmp_path: Path) -> None:
    run = PlannedRun(name)
    with threadpool_limits(limits=1):  # as the platform sets it for its functions
        for stage in run.plan.stages:
            run_stage(run.invocation(stage.id))
    metrics = {node: json.loads(item.get("metrics", "{}")) for node, item in run.items().items()}
    found = figures_of(script(run.document, name, load()), tmp_path)
    expected = {node: figures for node, figures in metrics.items() if figures}
    assert found.keys() == expected.keys()
    for node, figures in expected.items():
        # Another process may add the same floats up in another order; where a solver starts from those sums, digits beyond the sixth follow.
        assert found[node] == pytest.approx(figures, rel=1e-6)


@pytest.mark.usefixtures("aws")
def test_what_needs_the_platform_is_left_out_and_hands_its_inputs_on(tmp_path: Path) -> None:
    run = PlannedRun("titanic_deployed")
    code = script(run.document, "deployed", load())
    assert code.count("needs the platform and is left out") == 2
    assert figures_of(code, tmp_path)["evaluate"]["accuracy"] > 0.75


def test_code_of_ones_own_runs_in_the_script_and_the_first_words_say_what_it_needs(tmp_path: Path) -> None:
    load_node = {"id": "load", "type": "sample_dataset", "label": "", "params": {"name": "iris"}, "inputs": {}, "dataset": None}
    params = {"code": "def run(df, params):\n    return df.head(params['n'])\n", "params": {"n": 7}, "requirements": ["pandas>=3", "numpy"]}
    inputs = {"table": {"node": "load", "port": "table"}}
    own = {"id": "own", "type": "custom_python", "label": "", "params": params, "inputs": inputs, "dataset": None}
    code = script({"run": "run_1", "nodes": {"load": load_node, "own": own}}, "iris", load())
    assert "# Code of its own asks for numpy, pandas>=3.\n" in code
    assert "own: 7 rows, 5 columns" in said_by(code, tmp_path)


@pytest.mark.usefixtures("aws")
def test_the_notebook_holds_the_same_code() -> None:
    document = PlannedRun("titanic").document
    found = notebook(document, "titanic", load())
    code = ["".join(cell["source"]) for cell in found["cells"] if cell["cell_type"] == "code"]
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"]) == 2 * len(document["nodes"]) + 3
    for part in code:
        assert part in script(document, "titanic", load())


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_word_of_a_person_becomes_code(name: str, label: str) -> None:
    node = {"id": "class", "type": "preprocess", "label": label, "params": {"note": label}, "inputs": {}, "dataset": None}
    first = script({"run": "run_1", "nodes": {"class": node}}, name, load())
    second = script({"run": "run_1", "nodes": {"class": {**node, "label": "x", "params": {"note": "x"}}}}, "y", load())
    compile(first, "exported.py", "exec")
    lines = [[line for line in code.splitlines() if line.startswith("n_class")] for code in (first, second)]
    assert lines[0] and len(lines[0]) == len(lines[1]) == 1
