"""An order: what is asked of a run. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from chalicelib.scope import Scope


@dataclass(frozen=True)
class Order:
    """What is asked of a run. `max_cost_usd` stops it at so many dollars."""

    answers: Mapping[str, str] = field(default_factory=dict)
    cache: bool = True
    fusion: bool = True
    scope: Scope = field(default_factory=Scope)
    max_cost_usd: float | None = None

    def document(self) -> dict[str, Any]:
        """The order as it is stored and compared."""
        scope = {name: value for name, value in asdict(self.scope).items() if value}
        if "refresh" in scope:
            scope["refresh"] = sorted(scope["refresh"])
        return {
            "answers": dict(self.answers),
            "cache": self.cache,
            "fusion": self.fusion,
            "scope": scope,
            "max_cost_usd": self.max_cost_usd,
        }

    @classmethod
    def read(cls, document: Mapping[str, Any] | None) -> "Order":
        """From what `document` gave; a run that was stored without an order had the plain one."""
        if document is None:
            return cls()
        scope = {**document["scope"], "refresh": frozenset(document["scope"].get("refresh", ()))}
        return cls(**{**document, "scope": Scope(**scope)})

    def resumed(self) -> "Order":
        """The order that resumes a run of this one: what is stored is taken, whatever this one said."""
        return replace(self, cache=True, scope=replace(self.scope, refresh=frozenset()))
