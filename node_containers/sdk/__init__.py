"""All that the author of a node needs.

A node type is one file with one typed function. The signature is the declaration: port-typed arguments are inputs, `params` is a pydantic model, the
returned value (or NamedTuple) names the outputs, the docstring is the help. `@node` derives the catalogue entry from it and leaves the function
callable as a function:

    @node(title="Split", group="Prepare", family="split", icon="arrows-split")
    def train_test_split(table: AnyTable, params: Params, context: Context) -> Outputs:
        \"\"\"Split rows at random into a training part and a test part.\"\"\"
"""

from node_containers.sdk.context import Apart, Asked, Attachment, Context, Dataset, Dropped, Endpoint, Parts
from node_containers.sdk.declaration import NODES, Declaration, NodeParams, node
from node_containers.sdk.errors import NodeError
from node_containers.sdk.fan_out import FanOut
from node_containers.sdk.fields import (
    LABEL,
    advanced,
    code,
    column,
    column_map,
    columns,
    columns_of,
    dataset,
    endpoint_name,
    expression,
    lines,
    max_parallel,
    model_name,
    pattern,
    sample,
    secret,
    seed,
    shaping,
    target,
    users,
    workflow_id,
)
from node_containers.sdk.ports import (
    AllRows,
    AnyEvaluation,
    AnyModel,
    AnyTable,
    Port,
    SameRows,
    TestRows,
    TestTable,
    TrainRows,
    TrainTable,
    ValidationRows,
)
from node_containers.sdk.values import CLOSED, Evaluation, FileTable, Model, Step, Table

__all__ = [
    "CLOSED",
    "LABEL",
    "NODES",
    "AllRows",
    "AnyEvaluation",
    "AnyModel",
    "AnyTable",
    "Apart",
    "Asked",
    "Attachment",
    "Context",
    "Dataset",
    "Declaration",
    "Dropped",
    "Endpoint",
    "Evaluation",
    "FanOut",
    "FileTable",
    "Model",
    "NodeError",
    "NodeParams",
    "Parts",
    "Port",
    "SameRows",
    "Step",
    "Table",
    "TestRows",
    "TestTable",
    "TrainRows",
    "TrainTable",
    "ValidationRows",
    "advanced",
    "code",
    "column",
    "column_map",
    "columns",
    "columns_of",
    "dataset",
    "endpoint_name",
    "expression",
    "lines",
    "max_parallel",
    "model_name",
    "node",
    "pattern",
    "sample",
    "secret",
    "seed",
    "shaping",
    "target",
    "users",
    "workflow_id",
]
