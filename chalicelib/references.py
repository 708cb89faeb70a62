"""What params name that lies outside of the workflow: registered models, endpoints, secrets and users.

They are settled before a run: a plan says which version of a model and which endpoint it means, and a secret is known to exist. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.catalog import NodeType
from chalicelib.problem import Problem, did_you_mean, shorten

if TYPE_CHECKING:
    from chalicelib.facts import Facts
    from chalicelib.resolved import ResolvedNode

# Name, and which of its versions: `version 3`, `alias champion`, or `version` for the newest.
ModelReference = tuple[str, str]

USER_MAX_CHARACTERS = 100


class ModelFacts(NamedTuple):
    """A version of a registered model: where it lies and what it is (`info` in the words of the manifest)."""

    name: str
    version: int
    object: str
    sha256: str
    bytes: int
    key: str
    info: dict[str, Any]


class EndpointFacts(NamedTuple):
    """An endpoint, and the types of the columns that its model takes."""

    id: str
    name: str
    types: dict[str, str]


def endpoint_reference(node_type: NodeType, params: Mapping[str, Any]) -> str | None:
    """The endpoint that a node names, by its name or its id; None where it names none."""
    return next((str({**node_type.defaults, **params}.get(param)) for param in node_type.params_with_widget("endpoint")), None)


def model_reference(node_type: NodeType, params: Mapping[str, Any]) -> ModelReference | None:
    """The registered model that a node asks for; None where it asks for none."""
    for param in node_type.params_with_widget("model"):
        complete = {**node_type.defaults, **params}
        version, alias = complete.get("version"), complete.get("alias")
        return str(complete.get(param)), f"version {version}" if version is not None else f"alias {alias}" if alias else "version"
    return None


def users_named(node_type: NodeType, params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Users that a node names, each with the field that does; what can be no name is the schema's business."""
    lists = [(param, params.get(param)) for param in node_type.params_with_widget("users")]
    return [
        (f"{param}.{at}", one)
        for param, names in lists
        if isinstance(names, list)
        for at, one in enumerate(names)
        if isinstance(one, str) and 0 < len(one) <= USER_MAX_CHARACTERS
    ]


def reshaped(node: "ResolvedNode") -> bool:
    """Whether a param of a source is set that makes other columns out of its dataset than the profile has."""
    properties = node.type.params.get("properties", {})
    return any(one.get("x-shapes") and node.params.get(name) != one.get("default") for name, one in properties.items())


def settle(node: "ResolvedNode", facts: "Facts") -> Iterator[Problem]:
    """Find the node's model, and say which models, secrets and users do not exist."""
    reference = model_reference(node.type, node.params)
    if reference is not None:
        node.model = facts.models.get(reference)
        if node.model is None:
            yield _no_model(node, facts, *reference)
    named = endpoint_reference(node.type, node.params)
    if named is not None:
        node.endpoint = facts.endpoints.get(named)
        if node.endpoint is None:
            hint = did_you_mean(named, facts.endpoint_names) or "Deploy a model first, or choose another."
            yield Problem("endpoint-unknown", f"There is no endpoint {shorten(named)}.", node.id, "params.endpoint", hint)
    for param in node.type.params_with_widget("secret"):
        name = node.params.get(param)
        if isinstance(name, str) and facts.secrets is not None and name not in facts.secrets:
            hint = did_you_mean(name, facts.secrets) or "Save a secret of that name first."
            yield Problem("secret-unknown", f"There is no secret {shorten(name)}.", node.id, f"params.{param}", hint)
    yield from _unknown_users(node, facts)


def _unknown_users(node: "ResolvedNode", facts: "Facts") -> Iterator[Problem]:
    for where, name in users_named(node.type, node.params):
        if facts.users is not None and name not in facts.users:
            hint = "Name people as they are called in their own settings, or leave it open."
            yield Problem(
                "user-unknown", f"Nobody here is called {shorten(name)}: it would be waited for in vain.", node.id, f"params.{where}", hint
            )


def _no_model(node: "ResolvedNode", facts: "Facts", name: str, which: str) -> Problem:
    if name in facts.model_names:
        hint = "Its page shows the versions and aliases there are."
        return Problem("model-unknown", f"The model {shorten(name)} has no {which}.", node.id, "params.name", hint)
    hint = did_you_mean(name, facts.model_names) or "Register a model first, or choose another."
    return Problem("model-unknown", f"There is no model {shorten(name)}.", node.id, "params.name", hint)
