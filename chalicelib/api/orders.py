"""What a person may ask of a run: the options that planning and starting share."""

from pydantic import Field

from chalicelib.api.shapes import Body
from chalicelib.order import Order
from chalicelib.scope import Scope


class Answers(Body):
    """What a run is asked for when the drawing leaves it open."""

    target: str | None = Field(None, min_length=1, max_length=256)

    def given(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class RunOrder(Body):
    answers: Answers = Answers()
    cache: bool = Field(True, description="Off: every node runs, even where its result is there already.")
    fusion: bool = Field(True, description="Off: one state and one invocation for every node.")
    until: str | None = Field(
        None, description="Run to here: this node, or all that a card gives, and what it needs.", min_length=1, max_length=80
    )
    since: str | None = Field(
        None, description="Run from here: this node, or all in a card, and all behind it, anew.", min_length=1, max_length=80
    )
    only: str | None = Field(
        None, description="Run only this node, or all in a card, anew; its inputs must be there.", min_length=1, max_length=80
    )
    refresh: list[str] = Field(default_factory=list, description="Nodes whose stored results are not taken.", max_length=5_000)
    max_cost_usd: float | None = Field(None, description="Refuse or stop at so many dollars.", ge=0, le=1e6)

    def order(self) -> Order:
        scope = Scope(self.until, self.since, self.only, frozenset(self.refresh))
        return Order(self.answers.given(), self.cache, self.fusion, scope, self.max_cost_usd)
