"""What is asked for outside of `/api`, described for the OpenAPI document: predictions and feedback. The serving function answers; nothing here is ever called.

That function cannot import this module (`docs/contracts.md`, section 9, is what both keep to); a test compares its answers with what stands here.
"""

from typing import Any, Literal

from pydantic import Field

from chalicelib.api.routing import Operation
from chalicelib.api.shapes import Body, View


class PredictOrder(Body):
    """Rows as the model's signature has them."""

    rows: list[dict[str, Any]] = Field(min_length=1, max_length=10_000)


class Answer(View):
    """A class with the probability of each, or a number."""

    prediction: str | float
    probabilities: dict[str, float] | None = None


class ServedVersion(View):
    name: str
    version: int


class RowWarning(View):
    row: int
    field: str
    code: str
    message: str


class Predicted(View):
    """`logged` is false where the request is not in the prediction log; feedback for it is `unknown` then."""

    predictions: list[Answer]
    warnings: list[RowWarning]
    model: ServedVersion
    request_id: str
    logged: bool


class TruthItem(Body):
    request_id: str = Field(max_length=64, description="That of the prediction's answer.")
    row: int = Field(0, ge=0, description="The place of the row in its request.")
    value: str | float | bool = Field(description="A class of the model, or a number.")


class FeedbackOrder(Body):
    truth: list[TruthItem] = Field(min_length=1, max_length=1_000)


class FeedbackResult(View):
    request_id: str
    row: int
    outcome: Literal["stored", "unchanged", "replaced", "unknown", "expired"]


class Feedback(View):
    results: list[FeedbackResult]
    counts: dict[str, int]
    request_id: str


def predict() -> None:
    """Predict rows with the endpoint's own key; 422 names the field that does not fit."""


def feedback() -> None:
    """Say what turned out to be true, up to thirty days after the prediction. The same again changes nothing, another value replaces."""


SERVED = (
    Operation("POST", "/predict/{endpoint}", "key", 200, predict, PredictOrder, None, Predicted, None, {}, ("endpoint",)),
    Operation("POST", "/predict/{endpoint}/feedback", "key", 200, feedback, FeedbackOrder, None, Feedback, None, {}, ("endpoint",)),
)
