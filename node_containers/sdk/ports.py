"""What arguments and returned values of a node function are annotated with."""

from dataclasses import dataclass
from typing import Annotated

from node_containers.sdk.values import Evaluation, Model, Table


@dataclass(frozen=True)
class Port:
    """What an argument or output takes or gives; see the catalogue in `docs/contracts.md`, section 3."""

    kind: str
    role: str | None = None
    implied: bool = False


AnyTable = Annotated[Table, Port("table", "any")]
TrainTable = Annotated[Table, Port("table", "train")]
TestTable = Annotated[Table, Port("table", "test", implied=True)]
AllRows = Annotated[Table, Port("table", "all")]
SameRows = Annotated[Table, Port("table", "same")]
TrainRows = Annotated[Table, Port("table", "train")]
TestRows = Annotated[Table, Port("table", "test")]
ValidationRows = Annotated[Table, Port("table", "validation")]
AnyModel = Annotated[Model, Port("model")]
AnyEvaluation = Annotated[Evaluation, Port("evaluation")]
