"""Who is asking: personal access tokens.

A token is `fz_` and 256 random bits; only its SHA-256 is stored, so looking it up compares hashes and a stolen table opens nothing.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.errors import NotFound
from chalicelib.tables import DoesNotExist, TokenItem, TokenListItem, new_id, now, transaction

SCOPES = ("user",)
PREFIX = "usr_"
MAX_DAYS = 366
MAX_LOOKED_FOR = 200


class Caller(NamedTuple):
    """The owner on whose behalf a request acts, and what the token may do."""

    owner: str
    scopes: tuple[str, ...]


class NewToken(NamedTuple):
    """`token` is shown once."""

    id: str
    token: str
    prefix: str


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue(owner: str, name: str, *, days: int | None = None, token: str | None = None) -> NewToken:
    """Make a token for an owner; `token` is given only by the embedded cloud, which keeps its own between starts."""
    text = token or f"fz_{secrets.token_urlsafe(32)}"
    created, expires = now(), None
    if days is not None:
        expires = (datetime.now(UTC) + timedelta(days=min(days, MAX_DAYS))).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made = NewToken(new_id("tok"), text, text[:10])
    words: dict[str, Any] = {"name": name, "prefix": made.prefix, "scopes": list(SCOPES), "created_at": created, "expires_at": expires}
    with transaction() as write:
        write.save(TokenItem("token", fingerprint(text), id=made.id, owner=owner, **words))
        write.save(TokenListItem(f"{owner}#token", made.id, hash=fingerprint(text), **words))
    return made


def identify(authorization: str) -> Caller | None:
    """The caller of an `Authorization: Bearer …` header; None for anything that is not a live token."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.startswith("fz_") or len(token) > 200:
        return None
    try:
        item = TokenItem.get("token", fingerprint(token), consistent_read=True)
    except DoesNotExist:
        return None
    if item.expires_at is not None and item.expires_at <= now():
        return None
    return Caller(item.owner, tuple(item.scopes))


def user_id(name: str) -> str:
    """The id of a user who is named as people are shown names, or by the id itself."""
    return PREFIX + user_name(name)


def user_name(user: str) -> str:
    """How a user is called where people read it."""
    return user.removeprefix(PREFIX)


def known(names: Collection[str]) -> frozenset[str] | None:
    """The names of those who have ever got a token: nobody else can sign in. None, without a look, where far too many are asked for."""
    if len(names) > MAX_LOOKED_FOR:
        return None
    return frozenset(name for name in names if any(True for _ in TokenListItem.query(f"{user_id(name)}#token", limit=1)))


def list_tokens(owner: str) -> list[TokenListItem]:
    return list(TokenListItem.query(f"{owner}#token"))


def revoke(owner: str, token_id: str) -> None:
    """The token stops working with the next request."""
    try:
        item = TokenListItem.get(f"{owner}#token", token_id)
    except DoesNotExist:
        raise NotFound("There is no such token.") from None
    with transaction() as write:
        write.delete(TokenItem("token", item.hash))
        write.delete(item)
