"""The bases of what goes in and comes out."""

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Base of what the API answers."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """Base of what the API takes: nothing unknown, nothing infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
