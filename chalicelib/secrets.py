"""Secrets: a name people use in their workflows, a value that only a running node gets to see.

The value goes straight to Secrets Manager and never comes back over the API; the records table knows the names. The runtime reads
`flowza/{stage}/{owner}/{name}` in the moment a node asks for it.
"""

import re
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import settings
from chalicelib.errors import Invalid, NotFound, TooLarge, TooMany
from chalicelib.tables import DoesNotExist, SecretItem, now

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
MAX_BYTES = 16 * 1024
MAX_SECRETS = 100


def secret_id(owner: str, name: str) -> str:
    return f"flowza/{settings.load().stage}/{owner}/{name}"


def put(owner: str, name: str, value: str, description: str | None) -> SecretItem:
    """Save a secret, or give an old one a new value. The value is stored before the name: what is listed exists."""
    if not NAME.fullmatch(name):
        raise Invalid(
            "A secret's name has 1 to 64 letters, digits, hyphens and underscores, and begins with a letter.",
            field="name",
            hint="Such as warehouse-login.",
        )
    if len(value.encode()) > MAX_BYTES:
        raise TooLarge(f"A secret may have {MAX_BYTES:,} bytes.", field="value", hint="Files belong into datasets.")
    known = _known(owner, name)
    if known is None and len(names(owner)) >= MAX_SECRETS:
        raise TooMany(f"There are {MAX_SECRETS} secrets already.", hint="Delete one that is not used any more.")
    _store(secret_id(owner, name), value)
    item = SecretItem(f"{owner}#secret", name, description=description, created_at=known.created_at if known else now(), updated_at=now())
    item.save()
    return item


def listed(owner: str) -> list[SecretItem]:
    return list(SecretItem.query(f"{owner}#secret", consistent_read=True))


def names(owner: str) -> frozenset[str]:
    return frozenset(item.sk for item in listed(owner))


def delete(owner: str, name: str) -> None:
    """Remove name and value; both are gone at once."""
    item = _known(owner, name)
    if item is None:
        raise NotFound("There is no such secret.")
    try:
        _client().delete_secret(SecretId=secret_id(owner, name), ForceDeleteWithoutRecovery=True)
    except ClientError as gone:
        if gone.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    item.delete()


def _store(identifier: str, value: str) -> None:
    try:
        _client().put_secret_value(SecretId=identifier, SecretString=value)
    except ClientError as missing:
        if missing.response["Error"]["Code"] not in ("ResourceNotFoundException", "InvalidRequestException"):
            raise
        _client().create_secret(Name=identifier, SecretString=value, Description="Saved in Flowza by its owner")


def _known(owner: str, name: str) -> SecretItem | None:
    try:
        return SecretItem.get(f"{owner}#secret", name, consistent_read=True)
    except DoesNotExist:
        return None


def _client() -> Any:
    return settings.client("secretsmanager")
