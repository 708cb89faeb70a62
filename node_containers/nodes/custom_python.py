"""A step of your own, in Python."""

from typing import Annotated

from pydantic import Field, StringConstraints

from node_containers.sandbox.process import MEMORY_MB
from node_containers.sandbox.requirements import refuse_unmet
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, code, node

Name = Annotated[str, StringConstraints(max_length=60)]
# The check knows what the image brings, and refuses what it cannot meet before a run (`docs/contracts.md`, section 3).
Requirement = Annotated[str, Field(min_length=1, max_length=100, json_schema_extra={"format": "requirement"})]
EXAMPLE = '''import pandas as pd


def run(df: pd.DataFrame, params: dict) -> pd.DataFrame:
    """Gets the rows, gives rows."""
    return df
'''


class Params(NodeParams):
    code: str = code(
        EXAMPLE,
        min_length=1,
        max_length=50_000,
        title="Code",
        description="A function run(df, params) that takes a pandas DataFrame and returns one.",
    )
    params: dict[Name, str | int | float | bool | None] = Field(
        {}, max_length=50, title="Values", description="What the function gets as params."
    )
    requirements: list[Requirement] = advanced(
        [],
        max_length=20,
        title="Requirements",
        description="Packages the code needs, such as scikit-learn>=1.5. Nothing is installed: what is not there is refused, and what is there is said.",
    )
    timeout_seconds: int = advanced(60, ge=1, le=600, title="Time limit (s)", description="The code is ended after so many seconds.")
    memory_mb: int = advanced(
        MEMORY_MB,
        ge=128,
        le=1_536,
        title="Memory (MB)",
        description="What the code may take beside the rows it gets. For more than a function of 2,048 MB holds, take fewer rows or columns.",
    )


@node(title="Custom Python", group="Prepare", family="row", icon="code", reads="all")
def custom_python(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Change the rows with a function of your own, where it can reach nothing else: no files, no network, no keys.

    pandas, numpy, scipy, scikit-learn and the harmless part of the standard library can be imported. Chance is seeded, so that the same rows and the same
    code give the same result. What it prints is in the log; when it fails, the line is named. It works on rows and not as a part of the model: a
    column it makes is one the deployed model asks for.
    """
    refuse_unmet(params.requirements)
    frame = context.run_apart(params.code, table.frame, params.params, params.timeout_seconds, params.memory_mb)
    context.summary = f"{len(frame):,} rows, {len(frame.columns)} columns"
    return table.with_frame(frame)
