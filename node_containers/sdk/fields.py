"""Params as the form draws them: what a field of `NodeParams` may be beside a plain pydantic `Field`. Node authors import these from the SDK."""

from typing import Any, Literal

from pydantic import Field

LABEL = r"^[A-Za-z][A-Za-z0-9_-]*$"


def column(default: Any = None, **words: Any) -> Any:
    """A param that names one column of the first input table."""
    return Field(default, json_schema_extra={"x-widget": "column"}, **words)


def columns(default: Any = None, **words: Any) -> Any:
    """A param that names columns of the first input table."""
    return Field(default, max_length=1_000, json_schema_extra={"x-widget": "columns"}, **words)


def column_map(default: Any = None, **words: Any) -> Any:
    """A param that maps columns of the first input table to something."""
    return Field(default, max_length=1_000, json_schema_extra={"x-widget": "column_map"}, **words)


def columns_of(port: str, default: Any = None, **words: Any) -> Any:
    """A param that names columns of the table at the input `port`."""
    return Field(default, max_length=1_000, json_schema_extra={"x-widget": "columns", "x-table": port}, **words)


def expression(default: Any = None, **words: Any) -> Any:
    """A param that holds an expression over the columns of the first input table (`formula.py`)."""
    return Field(default, max_length=2_000, json_schema_extra={"x-widget": "expression"}, **words)


def pattern(default: str, **words: Any) -> Any:
    """A param that is a regular expression of RE2: matching takes time that grows with the text and never faster."""
    return Field(default, max_length=200, json_schema_extra={"format": "re2"}, **words)


def target(**words: Any) -> Any:
    """The column to learn. Left open, the check fills in the run's answer or what the dataset declares."""
    return Field(None, json_schema_extra={"x-widget": "target"}, **words)


def dataset(default: str, **words: Any) -> Any:
    """A reference to a dataset: `sample:<name>` or the id of an uploaded one. Never a path, never an address."""
    return Field(default, max_length=80, json_schema_extra={"x-widget": "dataset"}, **words)


def sample(default: str, **words: Any) -> Any:
    """The name of a dataset that ships with Flowza."""
    return Field(default, json_schema_extra={"x-widget": "sample"}, **words)


def advanced(default: Any, **words: Any) -> Any:
    """A param that the form folds away."""
    return Field(default, json_schema_extra={"x-advanced": True}, **words)


def max_parallel() -> Any:
    """How many items a node that fans out works on beside each other. It says how the work is done, not what comes of it: no part of the cache key."""
    return Field(
        None,
        ge=1,
        le=1_000,
        title="Beside each other",
        description="How many are worked on at once at most; left open, as many as the platform lets.",
        json_schema_extra={"x-advanced": True, "x-compute": True},
    )


def shaping(default: Any, **words: Any) -> Any:
    """A folded param of a source node that changes which columns it gives: once it is set, they are known after a run."""
    return Field(default, json_schema_extra={"x-advanced": True, "x-shapes": True}, **words)


def lines(default: str, **words: Any) -> Any:
    """A param that is text of several lines."""
    return Field(default, json_schema_extra={"x-widget": "text"}, **words)


def code(default: str, language: Literal["python", "postgresql", "sqlite"] = "python", **words: Any) -> Any:
    """A param that is a program: the form colours it, and offers the columns of the tables that come in."""
    return Field(default, json_schema_extra={"x-widget": "code", "x-language": language}, **words)


def secret(**words: Any) -> Any:
    """The name of a secret. Its value is never part of a workflow: the runtime looks it up when the node asks for it."""
    return Field(None, pattern=LABEL, max_length=64, json_schema_extra={"x-widget": "secret"}, **words)


def model_name(default: str, **words: Any) -> Any:
    """The name of a registered model; `version` and `alias` beside it say which version."""
    return Field(default, max_length=63, json_schema_extra={"x-widget": "model"}, **words)


def endpoint_name(default: str, **words: Any) -> Any:
    """The name of an endpoint."""
    return Field(default, max_length=80, json_schema_extra={"x-widget": "endpoint"}, **words)


def workflow_id(**words: Any) -> Any:
    """A saved workflow by its id."""
    return Field(None, max_length=80, json_schema_extra={"x-widget": "workflow"}, **words)


def users(**words: Any) -> Any:
    """Names of people who use this deployment, as they are shown who is signed in."""
    return Field([], json_schema_extra={"x-widget": "users"}, **words)


def seed(default: int = 42, description: str = "The same seed gives the same result.") -> Any:
    """The param `random_state`. scikit-learn leaves it open; here a seed is always set, so that a run can be repeated."""
    return advanced(default, ge=0, le=2**32 - 1, title="Seed", description=description)
