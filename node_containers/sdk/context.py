"""What a node may say and ask while it runs."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

from node_containers import charts
from node_containers.sdk.errors import NodeError
from node_containers.sdk.values import Model

if TYPE_CHECKING:
    # The serving image has no pandas, and a fitted pipeline refers to the SDK.
    import pandas as pd


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


# Requests of an endpoint from `since` up to `until` (ISO, UTC), of one version or of all, only those of which some truth is known or all, the newest first,
# at most so many: {id, at, version, latency_ms, inputs, outputs, truth: {row as text: value} or None}.
Asked = Callable[[Endpoint, str, str, int | None, bool, int], Iterator[dict[str, Any]]]
Parts = MutableMapping[str, "pd.DataFrame"]
Apart = Callable[[str, "pd.DataFrame", Mapping[str, Any], int, Callable[[str], None], int], "pd.DataFrame"]


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

    def run_apart(self, code: str, frame: "pd.DataFrame", params: Mapping[str, Any], seconds: int, memory_mb: int) -> "pd.DataFrame":
        """Run somebody's code where it can reach nothing (`node_containers/sandbox/`); what it prints goes to the log."""
        if self._apart is None:
            raise NodeError(
                "sandbox-unavailable", "Custom code needs the platform, which is not there.", hint="Run the node in a workflow."
            )
        return self._apart(code, frame, params, seconds, self.log, memory_mb)

    def asked(self, since: str, until: str, version: int | None, limit: int, *, with_truth: bool = False) -> Iterator[dict[str, Any]]:
        """What the endpoint was asked and answered (`Asked`)."""
        if self._asked is None or self.endpoint is None:
            raise NodeError("log-unavailable", "The prediction log needs the platform, which is not there.", hint="Run it in a workflow.")
        return self._asked(self.endpoint, since, until, version, with_truth, limit)

    def effect(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Ask the control plane for something that must happen once (`docs/contracts.md`, section 7)."""
        if self._effect is None:
            raise NodeError("effect-unavailable", f"“{kind}” needs the platform, which is not there.", hint="Run the node in a workflow.")
        return self._effect(kind, payload)
