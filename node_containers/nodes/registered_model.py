"""A model from the registry."""

from pydantic import Field

from node_containers.nodes.register_model import NAME
from node_containers.sdk import AnyModel, Context, NodeError, NodeParams, model_name, node


class Params(NodeParams):
    name: str = model_name("my-model", pattern=NAME, title="Model name", description="The name the model was registered under.")
    version: int | None = Field(None, ge=1, le=10**8, title="Version", description="The number of a version; it goes before the alias.")
    alias: str | None = Field(
        None,
        pattern=NAME,
        title="Alias",
        description="A name that points at a version, such as champion; the newest version when both are open.",
    )


@node(title="Registered model", group="Sources", family="source", icon="archive")
def registered_model(params: Params, context: Context) -> AnyModel:
    """Take a model from the registry: to score new rows with it, to compare it with a new one, or to deploy it.

    Which version is meant is settled when the run starts; moving an alias later changes nothing in a run that is under way.
    """
    if context.model is None:
        raise NodeError(
            "model-unknown", f"There is no model “{params.name}”.", field="params.name", hint="Register a model first, or choose another."
        )
    registered = context.model.registered or {}
    context.summary = f"{registered.get('name')} version {registered.get('version')}: {context.model.info['estimator']}"
    return context.model
