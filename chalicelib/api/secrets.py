"""Secrets by name. Nothing here ever answers with a value."""

from pydantic import Field, SecretStr

from chalicelib import secrets
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View
from chalicelib.tables import SecretItem


class Secret(View):
    name: str
    description: str | None
    created_at: str
    updated_at: str


class SecretList(View):
    items: list[Secret]


class SecretOrder(Body):
    """`value` is a password, a connection address, a header: one text. Nobody can read it back."""

    value: SecretStr = Field(min_length=1, max_length=secrets.MAX_BYTES)
    description: str | None = Field(None, max_length=200)


@route("GET", "/secrets", access="user")
def list_secrets(request: Request) -> SecretList:
    """The names of your secrets. Their values cannot be read back."""
    return SecretList(items=[_secret(item) for item in secrets.listed(request.owner)])


@route("PUT", "/secrets/{secret}", access="user")
def put_secret(request: Request, secret: str, body: SecretOrder) -> Secret:
    """Save a secret under a name, or give it a new value."""
    return _secret(secrets.put(request.owner, secret, body.value.get_secret_value(), body.description))


@route("DELETE", "/secrets/{secret}", access="user", status=204)
def delete_secret(request: Request, secret: str) -> None:
    """Remove a secret; workflows that name it are told so by the check."""
    secrets.delete(request.owner, secret)


def _secret(item: SecretItem) -> Secret:
    return Secret(name=item.sk, description=item.description, created_at=item.created_at, updated_at=item.updated_at)
