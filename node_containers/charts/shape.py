"""What all kinds of chart share."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

Cell = str | bool | int | FiniteFloat | None
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
# What a picture can show; the data behind it can be downloaded.
CURVE_POINTS = 200
SCATTER_POINTS = 500


class Shape(BaseModel):
    """Base of all parts of a chart."""

    model_config = ConfigDict(extra="forbid")


class Chart(Shape):
    """Base of all kinds. Lists named in `together` have one entry for each thing that is drawn, and so the same length."""

    together: ClassVar[tuple[str, ...]] = ()

    title: str | None = Field(None, max_length=200, description="What is shown, where the kind does not say it.")
    model: str | None = Field(
        None,
        max_length=200,
        description="Whose figures they are, where a node compares models: charts of one kind are drawn over each other.",
    )

    @model_validator(mode="after")
    def _lengths(self) -> "Chart":
        lengths = {name: len(value) for name in self.together if (value := getattr(self, name)) is not None}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"these lists must have the same length: {lengths}")
        return self
