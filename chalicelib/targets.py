"""Which column a node learns: its param, what connected models learned, the run's answer, or what the dataset declares."""

from collections.abc import Iterator, Mapping

from chalicelib.facts import Facts
from chalicelib.problem import Problem, did_you_mean, shorten
from chalicelib.resolved import ResolvedNode, Source, columns_at


class Targets:
    """Fills the target params of nodes in topological order; `graph` holds what is resolved so far."""

    def __init__(self, graph: Mapping[str, ResolvedNode], facts: Facts) -> None:
        self.graph = graph
        self.facts = facts
        self._declared: dict[Source | None, str | None] = {}

    def find(self, node: ResolvedNode) -> Iterator[Problem]:
        """Fill a target param that was left open. Splits are told later, by what is learned behind them (`splits.py`)."""
        if node.type.family == "split":
            return
        for param in node.type.params_with_widget("target"):
            if not node.params.get(param):
                node.params[param] = self._learned(node)
            if not node.params[param]:
                table = node.first_table
                node.params[param] = self._answer or self._declared_at(table)
                yield from self._doubts(node, table, param)
            node.target = node.params[param]

    @property
    def _answer(self) -> str | None:
        return self.facts.answers.get("target")

    def _doubts(self, node: ResolvedNode, table: Source | None, param: str) -> Iterator[Problem]:
        """What is wrong with a target that was not named in the node itself."""
        columns = columns_at(self.graph, table)
        names = [column.name for column in columns or ()]
        if self._answer and columns is not None and self._answer not in names:
            message = f"The target {shorten(self._answer)} is not a column of the table that {node.type.title} gets."
            yield Problem("target-unknown", message, node.id, f"params.{param}", did_you_mean(self._answer, names))
        elif not node.params[param] and table:
            listed = f" Its columns: {', '.join(names[:12])}{'…' if len(names) > 12 else ''}." if names else ""
            message = f"{node.type.title} “{node.label or node.id}” does not know which column to learn."
            hint = f"Choose its target column, or answer “target” when starting the run.{listed}"
            yield Problem("target-missing", message, node.id, f"params.{param}", hint)

    def _learned(self, node: ResolvedNode) -> str | None:
        """What the first connected model learned: an ensemble learns the same."""
        models = [node.inputs[port.name] for port in node.type.inputs if port.kind == "model" and port.name in node.inputs]
        return self.graph[models[0].node].target if models else None

    def _declared_at(self, table: Source | None) -> str | None:
        """The target that is declared for a table; many models learn from one."""
        if table not in self._declared:
            self._declared[table] = self._look_up(table)
        return self._declared[table]

    def _look_up(self, table: Source | None) -> str | None:
        """The target of the dataset at the head of the first-table chain, under the name it has by now; None where it is gone."""
        columns = columns_at(self.graph, table)
        renamings: list[dict[str, str]] = []
        while table:
            node = self.graph[table.node]
            if node.dataset is not None:
                known = self.facts.datasets.get(node.dataset)
                name = known.target if known else None
                for names in reversed(renamings):
                    name = names.get(name, name) if name else None
                return name if columns is None or any(column.name == name for column in columns) else None
            if not isinstance(node.type.columns, str):
                renamings += [node.params.get(one["param"]) or {} for one in node.type.columns if one["op"] == "rename"]
            table = node.first_table
        return None
