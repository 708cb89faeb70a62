"""All that the author of a node needs.

A node type is one file with one typed function. The signature is the declaration: port-typed arguments are inputs, `params` is a pydantic model, the
returned value (or NamedTuple) names the outputs, the docstring is the help. `@node` derives the catalogue entry from it and leaves the function
callable as a function:

    @node(title="Split", group="Prepare", family="split", icon="arrows-split")
    def train_test_split(table: AnyTable, params: Params, context: Context) -> Outputs:
        \"\"\"Split rows at random into a training part and a test part.\"\"\"
"""

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

from node_containers import charts
from node_containers.fields import LABEL as LABEL
from node_containers.fields import advanced as advanced
from node_containers.fields import code as code
from node_containers.fields import column as column
from node_containers.fields import column_map as column_map
from node_containers.fields import columns as columns
from node_containers.fields import columns_of as columns_of
from node_containers.fields import dataset as dataset
from node_containers.fields import endpoint_name as endpoint_name
from node_containers.fields import expression as expression
from node_containers.fields import lines as lines
from node_containers.fields import model_name as model_name
from node_containers.fields import sample as sample
from node_containers.fields import secret as secret
from node_containers.fields import seed as seed
from node_containers.fields import shaping as shaping
from node_containers.fields import target as target

if TYPE_CHECKING:
    # The serving image has no pandas, and a fitted pipeline refers to this module.
    import pandas as pd

Step = Mapping[str, Any]
# Ports of these names say what they take: “Second model”.
ORDINALS = ("first", "second", "third", "fourth")


class NodeError(Exception):
    """A failure the user can mend: `message` says what and where, `field` the param or column, `hint` the way out."""

    def __init__(self, code: str, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.hint = hint


class NodeParams(BaseModel):
    """Base of every node's params: a misspelt param is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class FanOut(Generic[Outcome]):
    """What a node gives that works on many items beside each other; its outputs are those of `gather`.

    `propose(results)` names the items of the next round (JSON values), and none when there is nothing more to try. `work(item)` gives the JSON
    result of one; it may run in another process, at the same time as others. `gather(results)` makes the outputs. A result is `{"item", "result",
    "error", "seconds"}`, in the order of the items; `error` holds the words of an item that failed, and its `result` is None.
    """

    propose: Callable[[list[dict[str, Any]]], list[Any]]
    work: Callable[[Any], Any]
    gather: Callable[[list[dict[str, Any]]], Outcome]

    def run(self) -> Outcome:
        """All of it in this process, one item after the other."""
        results: list[dict[str, Any]] = []
        while items := self.propose(results):
            results += [self._one(item) for item in items]
        return self.gather(results)

    def _one(self, item: Any) -> dict[str, Any]:
        result: dict[str, Any] = {"item": item, "result": None, "error": None, "seconds": 0.0}
        try:
            return {**result, "result": self.work(item)}
        except NodeError as failed:
            return {**result, "error": failed.message}


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


class Dropped(NamedTuple):
    """One line of the row ledger: why rows are gone, how many, and up to five of them."""

    reason: str
    rows: int
    sample: list[list[Any]]


class Attachment(NamedTuple):
    """Rows that lie beside a result for reading; `about` says what their columns are."""

    frame: "pd.DataFrame"
    about: dict[str, Any]


class Dataset(NamedTuple):
    """The dataset a source node reads: a sample by name, or a file on the local disk under its original name."""

    reference: str
    sample: str | None = None
    path: str | None = None
    filename: str | None = None


class Endpoint(NamedTuple):
    """An endpoint as the plan settled it; `types` are those of the columns that its model takes."""

    id: str
    name: str
    types: Mapping[str, str]


# Requests of an endpoint from `since` up to `until` (ISO, UTC), of one version or of all, the newest first, at most so many:
# {id, at, version, latency_ms, inputs, outputs}.
Asked = Callable[[Endpoint, str, str, int | None, int], Iterator[dict[str, Any]]]
Parts = MutableMapping[str, "pd.DataFrame"]
Apart = Callable[[str, "pd.DataFrame", Mapping[str, Any], int, Callable[[str], None]], "pd.DataFrame"]


class Context:
    """What a node may say and ask while it runs. The runtime makes one per node run; a test makes one with no arguments."""

    def __init__(
        self,
        *,
        dataset: Dataset | None = None,
        effect: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None,
        on_progress: Callable[[str], None] | None = None,
        on_log: Callable[[str], None] | None = None,
        parts: "Parts | None" = None,
        usd_per_second: float | None = None,
        model: Model | None = None,
        secret: Callable[[str], str] | None = None,
        keep_file: Callable[[str, str, str], dict[str, Any]] | None = None,
        apart: "Apart | None" = None,
        endpoint: Endpoint | None = None,
        asked: Asked | None = None,
        identity: str = "",
    ) -> None:
        self.dataset = dataset
        self.model = model
        self.endpoint = endpoint
        # Which node of which run this is: what is written outside carries it, so that a retry is recognised.
        self.identity = identity
        self.metrics: dict[str, float | None] = {}
        self.charts: list[dict[str, Any]] = []
        self.warnings: list[dict[str, str]] = []
        self.dropped: list[Dropped] = []
        self.added: list[tuple[str, int]] = []
        self.attachments: dict[str, Attachment] = {}
        # Files to be downloaded beside the outputs: {name, object, sha256, bytes}.
        self.files: list[dict[str, Any]] = []
        self.summary = ""
        self._effect = effect
        self._on_progress = on_progress
        self._on_log = on_log
        self._parts: Parts = parts if parts is not None else {}
        self._usd_per_second = usd_per_second
        self._secret = secret
        self._keep_file = keep_file
        self._apart = apart
        self._asked = asked

    def log(self, text: str) -> None:
        """A line for the node's log."""
        if self._on_log:
            self._on_log(text)

    def progress(self, text: str) -> None:
        """Words for the node card while the node runs, at most 80 characters."""
        if self._on_progress:
            self._on_progress(text[:80])

    def metric(self, name: str, value: float | None) -> None:
        self.metrics[name] = value

    def chart(self, kind: str, **data: Any) -> None:
        """Typed chart data (`docs/charts.md`); the canvas draws it."""
        self.charts.append(charts.chart(kind, **data))

    def warn(self, code: str, message: str) -> None:
        """Something a careful colleague would point out; the run goes on."""
        self.warnings.append({"code": code, "message": message})
        self.log(f"warning: {message}")

    def attach(self, name: str, frame: "pd.DataFrame", **about: Any) -> None:
        """Keep rows beside the result, such as the predictions on test rows: for reading, never an input of another node."""
        self.attachments[name] = Attachment(frame, about)

    def drop(self, reason: str, rows: "pd.DataFrame") -> None:
        """Enter dropped rows into the row ledger."""
        if len(rows):
            head = rows.head(5).astype(object)
            head = head.where(head.notna(), None)
            sample = [[None if cell is None else str(cell)[:80] for cell in row] for row in head.itertuples(index=False)]
            self.dropped.append(Dropped(reason, len(rows), sample))
            self.log(f"{len(rows)} rows dropped: {reason}")

    def drop_lines(self, reason: str, lines: list[tuple[int, str]], count: int | None = None) -> None:
        """Enter lines of a file that never became rows; `count` where `lines` holds only the first of them."""
        self.dropped.append(
            Dropped(reason, len(lines) if count is None else count, [[f"line {number}", text[:80]] for number, text in lines[:5]])
        )

    def drop_count(self, reason: str, rows: int) -> None:
        """Enter rows that have gone into others, so that none of them can be shown."""
        if rows > 0:
            self.dropped.append(Dropped(reason, rows, []))
            self.log(f"{rows} rows dropped: {reason}")

    def add(self, reason: str, rows: int) -> None:
        """Enter rows that came on top of those of the first table into the row ledger."""
        if rows > 0:
            self.added.append((reason, rows))
            self.log(f"{rows} rows added: {reason}")

    def keep(self, name: str, frame: "pd.DataFrame") -> str:
        """Store a part of a fan-out's result where `gather` finds it; gives the name to pass on."""
        self._parts[name] = frame
        return name

    def kept(self, name: str) -> "pd.DataFrame":
        """A part that an item has stored."""
        return self._parts[name]

    def price(self, seconds: float) -> float | None:
        """Dollars of so many seconds of this compute; None where no price is known."""
        return None if self._usd_per_second is None else seconds * self._usd_per_second

    def secret(self, name: str) -> str:
        """The value of a secret, for this moment: never to be logged, stored or handed on."""
        if self._secret is None:
            raise NodeError(
                "secret-unavailable", f"The secret “{name}” needs the platform, which is not there.", hint="Run the node in a workflow."
            )
        return self._secret(name)

    def keep_file(self, name: str, path: str, content_type: str) -> dict[str, Any]:
        """Store a file among the node's results, to be downloaded: `{object, sha256, bytes}`."""
        if self._keep_file is None:
            raise NodeError("store-unavailable", "A file needs the platform, which is not there.", hint="Run the node in a workflow.")
        kept = self._keep_file(name, path, content_type)
        self.files.append(kept)
        return kept

    def run_apart(self, code: str, frame: "pd.DataFrame", params: Mapping[str, Any], seconds: int) -> "pd.DataFrame":
        """Run somebody's code where it can reach nothing (`node_containers/sandbox/`); what it prints goes to the log."""
        if self._apart is None:
            raise NodeError(
                "sandbox-unavailable", "Custom code needs the platform, which is not there.", hint="Run the node in a workflow."
            )
        return self._apart(code, frame, params, seconds, self.log)

    def asked(self, since: str, until: str, version: int | None, limit: int) -> Iterator[dict[str, Any]]:
        """What the endpoint was asked and answered (`Asked`)."""
        if self._asked is None or self.endpoint is None:
            raise NodeError("log-unavailable", "The prediction log needs the platform, which is not there.", hint="Run it in a workflow.")
        return self._asked(self.endpoint, since, until, version, limit)

    def effect(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Ask the control plane for something that must happen once (`docs/contracts.md`, section 7)."""
        if self._effect is None:
            raise NodeError("effect-unavailable", f"“{kind}” needs the platform, which is not there.", hint="Run the node in a workflow.")
        return self._effect(kind, payload)


@dataclass(frozen=True)
class Declaration:
    """A node type as derived from its function."""

    function: Callable[..., Any]
    name: str
    version: int
    title: str
    group: str
    family: str
    icon: str
    params: type[NodeParams]
    inputs: dict[str, tuple[Port, bool]]
    outputs: dict[str, Port]
    outputs_type: type[Any] | None
    takes_context: bool
    columns: str | list[dict[str, Any]]
    cacheable: bool
    flow: str
    learns: bool
    reads: str
    titles: Mapping[str, str]

    def entry(self) -> dict[str, Any]:
        """The catalogue entry."""
        help_text = inspect.cleandoc(self.function.__doc__ or "")
        schema = self.params.model_json_schema()
        schema.pop("title", None)
        schema.pop("description", None)
        return {
            "type": self.name,
            "version": self.version,
            "title": self.title,
            "group": self.group,
            "family": self.family,
            "icon": self.icon,
            "summary": help_text.split("\n\n")[0].replace("\n", " "),
            "help": help_text,
            "inputs": [_port_entry(name, port, self.titles, required=required) for name, (port, required) in self.inputs.items()],
            "outputs": [_port_entry(name, port, self.titles) for name, port in self.outputs.items()],
            "params": schema,
            "columns": self.columns,
            "cacheable": self.cacheable,
            "flow": self.flow,
            "learns": self.learns,
            "reads": self.reads,
        }

    def name_outputs(self, returned: Any) -> dict[str, Any]:
        """The returned value by output port; a wrong type is a `NodeError` that names the port."""
        values = dict(zip(self.outputs, returned if self.outputs_type else (returned,), strict=False)) if self.outputs else {}
        for name, port in self.outputs.items():
            expected = {"table": Table, "model": Model, "evaluation": Evaluation}[port.kind]
            if self.flow == "gate" and values.get(name) is None:
                values[name] = CLOSED
            elif not isinstance(values.get(name), expected):
                got = type(values.get(name)).__name__
                message = f"{self.title} must give {expected.__name__} at “{name}”; it gave {got}."
                raise NodeError("wrong-output", message, field=name, hint="This is a fault of the node type: tell its author.")
        return values


def _port_entry(name: str, port: Port, titles: Mapping[str, str], *, required: bool | None = None) -> dict[str, Any]:
    words = name.replace("_", " ").capitalize()
    title = titles.get(name) or (f"{words} {port.kind}" if name in ORDINALS else words)
    entry: dict[str, Any] = {"name": name, "kind": port.kind, "role": port.role, "title": title}
    return entry if required is None else {**entry, "required": required, "implied": port.implied}


NODES: dict[str, Declaration] = {}
F = TypeVar("F", bound=Callable[..., Any])


def node(
    *,
    title: str,
    group: str,
    family: str,
    icon: str,
    version: int = 1,
    columns: str | list[dict[str, Any]] = "none",
    cacheable: bool = True,
    flow: str = "plain",
    learns: bool = False,
    reads: str = "suitable",
    titles: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Declare a node type. `columns` says what is known of the output tables before a run: `same`, `source`, `none`, or operations in the words of
    `docs/contracts.md`, section 3.

    `learns` marks a feature node whose step is fitted on training rows; `reads` says which columns a row node looks at: those that suit it where its params
    name none (`suitable`), none then (`named`), or `all` in any case. `titles` are what people read at ports whose names do not say enough.

    `flow` is how it is executed: `plain`, `fan_out` (gives a `FanOut`), `distributed` (the same over the rows of large tables, which come as `StoredTable`),
    `gate` (an output may be None: what is behind it is skipped) or `approval` (a person decides; the function is never called).
    """

    def declare(function: F) -> F:
        hints = typing.get_type_hints(function, include_extras=True)
        returned = hints.pop("return")
        inputs = dict(_inputs(function, hints))
        outputs, outputs_type = _outputs(returned)
        NODES[function.__name__] = Declaration(
            function,
            function.__name__,
            version,
            title,
            group,
            family,
            icon,
            hints["params"],
            inputs,
            outputs,
            outputs_type,
            "context" in hints,
            columns,
            cacheable,
            flow,
            learns,
            reads,
            titles or {},
        )
        return function

    return declare


def _inputs(function: Callable[..., Any], hints: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Port, bool]]]:
    for name, parameter in inspect.signature(function).parameters.items():
        port = _port_of(hints[name])
        if port:
            yield name, (port, parameter.default is inspect.Parameter.empty)


def _outputs(returned: Any) -> tuple[dict[str, Port], type[Any] | None]:
    if typing.get_origin(returned) is FanOut:
        (returned,) = typing.get_args(returned)
    if isinstance(returned, type) and issubclass(returned, tuple):
        fields = typing.get_type_hints(returned, include_extras=True)
        return {name: port for name, hint in fields.items() if (port := _port_of(hint))}, returned
    port = _port_of(returned)
    return ({port.kind: port} if port else {}), None


def _port_of(hint: Any) -> Port | None:
    """The port of an annotation, also where it is optional (`AnyEvaluation | None`)."""
    for part in (hint, *typing.get_args(hint)):
        for extra in getattr(part, "__metadata__", ()):
            if isinstance(extra, Port):
                return extra
    return None
