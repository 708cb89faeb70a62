"""Register a model as a new version."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from node_containers.sdk import AnyEvaluation, AnyModel, Context, NodeError, NodeParams, advanced, node

KEY = r"^[a-z][a-z0-9_.-]{0,62}$"
NAME = r"^[a-z][a-z0-9-]{0,62}$"


class Params(NodeParams):
    name: str = Field(
        "my-model", pattern=NAME, title="Model name", description="Small letters, digits and hyphens; versions are counted under it."
    )
    description: str = Field("", max_length=1_000, title="Notes", description="What this version is about, for people.")
    tags: dict[Annotated[str, Field(pattern=KEY)], Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        {}, max_length=20, title="Tags", description="Words to find the version by, such as team: risk."
    )
    alias: str | None = advanced(None, pattern=NAME, title="Alias", description="A name that moves to this version, such as champion.")


@node(title="Register model", group="Deliver", family="effect", icon="archive", cacheable=False)
def register_model(model: AnyModel, params: Params, context: Context, evaluation: AnyEvaluation | None = None) -> AnyModel:
    """Write the model into the registry as a new immutable version, with its figures and where it came from.

    Registering the very same model again gives the version it already has; new notes and tags are added to it. Connect an
    evaluation and its figures go with the version.
    """
    if model.stored is None:
        raise NodeError(
            "model-not-stored", "The model has not been stored, so it cannot be registered.", hint="Run the training node again."
        )
    figures = {name: value for name, value in evaluation.metrics.items() if value is not None} if evaluation else {}
    version = context.effect(
        "register_model",
        {
            "name": params.name,
            "description": params.description,
            "tags": params.tags,
            "alias": params.alias,
            "key": model.stored["key"],
            "model": {**{part: model.stored[part] for part in ("object", "sha256", "bytes")}, **model.info},
            "metrics": figures,
        },
    )
    context.summary = f"{version['name']} version {version['version']}"
    return replace(model, registered=version)
