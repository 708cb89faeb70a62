"""Traps that others fell into: what a Lambda lacks, what an image must not pull in, what the next versions of the libraries take away."""

import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from node_containers.catalog import declarations
from node_containers.runtime import given
from node_containers.sdk import NodeError
from tests.nodes.conftest import BUCKET

ROOT = Path(__file__).parents[2]

# Every model that works on several threads or folds anywhere else, in a process where a semaphore cannot be made, as in Lambda.
WITHOUT_SEMAPHORES = """
import _multiprocessing

class SemLock:
    SEM_VALUE_MAX = 1
    def __init__(self, *_, **__):
        raise OSError(38, "Function not implemented")
    _rebuild = staticmethod(lambda *_: SemLock())

_multiprocessing.SemLock = SemLock
import multiprocessing
try:
    multiprocessing.Lock()
except OSError:
    pass
else:
    raise SystemExit("there are semaphores all the same")

from node_containers import samples
from node_containers.nodes import cross_validate, permutation_importance, train_extra_trees, train_forest, train_hist_boosting, train_isolation_forest
from node_containers.nodes import train_kmeans, train_knn, train_stack, train_test_split, train_vote, train_xgboost
from node_containers.sdk import Context, Table

table = Table(samples.load("iris"), target="species")
train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(), Context())
kinds = (train_forest, train_extra_trees, train_hist_boosting, train_isolation_forest, train_kmeans, train_knn, train_xgboost)
made = [getattr(kind, kind.__name__.rpartition(".")[2])(train, kind.Params(), Context()) for kind in kinds]
forest, neighbours = made[0], made[5]
stack = train_stack.train_stack(train, forest, neighbours, train_stack.Params(cv=2), Context())
train_vote.train_vote(train, forest, neighbours, train_vote.Params(), Context())
cross_validate.cross_validate(forest, train, cross_validate.Params(cv=2), Context())
permutation_importance.permutation_importance(stack, test, permutation_importance.Params(n_repeats=2), Context())
print("learned", len(made))
"""


def test_everything_learns_where_there_are_no_semaphores() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_SEMAPHORES], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "learned 7"), done.stderr[-2000:]


@pytest.mark.parametrize("name", ["tabular", "serving"])
def test_an_image_has_the_processor_build_of_xgboost_and_nothing_of_a_graphics_card(name: str) -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "infra" / "locks" / f"{name}.txt").read_text(), re.MULTILINE))
    assert "xgboost-cpu" in locked
    assert "xgboost" not in locked
    assert not [package for package in locked if package.startswith(("nvidia", "cuda"))]


def test_no_node_has_a_param_that_its_library_takes_away() -> None:
    """scikit-learn 1.10 and 1.11 drop these; warnings of any other are errors in every test."""
    knobs = {(name, knob) for name, one in declarations().items() for knob in one.params.model_fields}
    assert {knob for _, knob in knobs} & {"penalty", "n_jobs", "probability", "multi_class", "algorithm"} == set()
    source = {path: path.read_text() for path in (ROOT / "node_containers").rglob("*.py")}
    gone = re.compile(
        r"fillna\([^)]*method=|SVC\([^)]*probability=|LogisticRegression\([^)]*(penalty|n_jobs)=|dtype == (object|\"object\")"
    )
    assert [path.name for path, text in source.items() if gone.search(text)] == []


def test_a_dataset_that_is_not_the_one_that_was_checked_is_refused(aws: None) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="o/usr/datasets/ds/content", Body=b"a\n2\n")
    wanted = {"ref": "ds", "object": "o/usr/datasets/ds/content", "sha256": "0" * 64, "filename": "a.csv"}
    with pytest.raises(NodeError) as refused, given.dataset(wanted):
        pass
    assert (refused.value.code, refused.value.field) == ("data-changed", "params.dataset")
