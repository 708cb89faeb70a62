"""What goes from node to node: tables, models, evaluations, and a port that is closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # The serving image has no pandas, and a fitted pipeline refers to the SDK.
    import pandas as pd

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows as they are, and what shall be done to them inside a model.

    `frame` holds the raw columns; `recipe` the steps that are appended by feature nodes and fitted by a train node, never before;
    `role` is `all`, `train` or `test`; `target` the column its dataset declares as the one to learn.
    """

    frame: "pd.DataFrame"
    recipe: tuple[Step, ...] = ()
    role: str = "all"
    target: str | None = None

    @property
    def rows(self) -> int:
        return len(self.frame)

    @cached_property
    def view(self) -> "pd.DataFrame":
        """The rows behind the steps of the recipe that learn nothing: where columns, and the target, are looked up. Treat as read-only."""
        from node_containers.view import view  # it works with pandas, which serving has not

        return view(self.frame, self.recipe)

    def read(self, start: int, stop: int) -> "Table":
        """Rows from `start` up to `stop`."""
        return self.with_frame(self.frame.iloc[start:stop].reset_index(drop=True))

    def with_frame(self, frame: "pd.DataFrame") -> "Table":
        return replace(self, frame=frame)

    def with_steps(self, *steps: Step) -> "Table":
        return replace(self, recipe=(*self.recipe, *steps))

    def with_role(self, role: str) -> "Table":
        return replace(self, role=role)

    def with_target(self, target: str | None) -> "Table":
        return replace(self, target=target)


class FileTable(Table):
    """A table whose rows lie in a Parquet file on the local disk: too many to be held only to be stored. `frame` reads them when it is first asked for.

    The file lives as long as the table and everything made of it.
    """

    def __init__(
        self, place: Any, path: str, rows: int, recipe: tuple[Step, ...] = (), role: str = "all", target: str | None = None
    ) -> None:
        for name, value in {"_place": place, "path": path, "_rows": rows, "recipe": recipe, "role": role, "target": target}.items():
            object.__setattr__(self, name, value)

    _place: Any
    _rows: int
    path: str

    @cached_property
    def frame(self) -> "pd.DataFrame":
        import pandas

        return pandas.read_parquet(self.path)

    @property
    def rows(self) -> int:
        return self._rows

    def with_frame(self, frame: "pd.DataFrame") -> Table:
        return Table(frame, self.recipe, self.role, self.target)

    def with_steps(self, *steps: Step) -> Table:
        return FileTable(self._place, self.path, self._rows, (*self.recipe, *steps), self.role, self.target)

    def with_role(self, role: str) -> Table:
        return FileTable(self._place, self.path, self._rows, self.recipe, role, self.target)

    def with_target(self, target: str | None) -> Table:
        return FileTable(self._place, self.path, self._rows, self.recipe, self.role, target)


@dataclass(frozen=True)
class Model:
    """A fitted scikit-learn Pipeline (recipe and estimator, raw columns in) and what is known about it.

    `info` has the keys of the manifest: estimator, task, target, classes, signature, libraries. `registered` is `{"name", "version"}` once it is.
    """

    pipeline: Any
    info: dict[str, Any]
    registered: dict[str, Any] | None = None
    # Where the fitted object lies, filled in by the runtime when it is saved: {object, sha256, bytes, key}.
    stored: dict[str, Any] | None = None


@dataclass(frozen=True)
class Evaluation:
    """Figures of one model on one table. A metric that is not defined is None, with the reason in `undefined`."""

    metrics: dict[str, float | None]
    charts: list[dict[str, Any]] = field(default_factory=list)
    undefined: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


class _Closed:
    """What comes out of a port that a gate has closed: the nodes behind it are skipped."""


CLOSED = _Closed()
