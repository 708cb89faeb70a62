"""Deploy a registered model behind an endpoint."""

from pydantic import Field

from node_containers.nodes.register_model import NAME
from node_containers.sdk import AnyModel, Context, NodeError, NodeParams, node


class Params(NodeParams):
    name: str = Field(
        "my-endpoint",
        pattern=NAME,
        title="Endpoint name",
        description="Small letters, digits and hyphens; deploying under it again replaces the version it serves.",
        json_schema_extra={"x-unique": True},
    )


@node(title="Deploy endpoint", group="Deliver", family="effect", icon="rocket", cacheable=False)
def deploy_endpoint(model: AnyModel, params: Params, context: Context) -> AnyModel:
    """Serve a registered model behind an address that answers predictions.

    The version that was registered is served as it is: the same fitted object, checked by its hash.
    """
    if model.registered is None:
        raise NodeError(
            "deploy-unregistered", "Only a registered model can be deployed.", hint="Put a Register model node before this one."
        )
    endpoint = context.effect("deploy_endpoint", {"name": params.name, "model": model.registered})
    context.summary = f"serving at {endpoint['url']}"
    return model
