"""Personal access tokens for programs."""

from pydantic import Field

from chalicelib import access
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View


class Token(View):
    id: str
    name: str
    prefix: str
    created_at: str
    expires_at: str | None


class TokenList(View):
    items: list[Token]


class TokenOrder(Body):
    name: str = Field(min_length=1, max_length=100)
    days: int | None = Field(90, ge=1, le=access.MAX_DAYS)


class NewToken(View):
    """`token` is shown once."""

    id: str
    token: str
    prefix: str


@route("GET", "/tokens", access="user")
def list_tokens(request: Request) -> TokenList:
    """Your tokens, without their secrets."""
    items = access.list_tokens(request.owner)
    return TokenList(
        items=[
            Token(id=item.sk, name=item.name, prefix=item.prefix, created_at=item.created_at, expires_at=item.expires_at) for item in items
        ]
    )


@route("POST", "/tokens", access="user", status=201)
def create_token(request: Request, body: TokenOrder) -> NewToken:
    """A token for a program."""
    return NewToken(**access.issue(request.owner, body.name, days=body.days)._asdict())


@route("DELETE", "/tokens/{token}", access="user", status=204)
def revoke_token(request: Request, token: str) -> None:
    """The token stops working at once."""
    access.revoke(request.owner, token)
