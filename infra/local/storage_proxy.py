"""Presigned addresses, checked: the emulator accepts expired and altered ones, AWS does not, so this server does not.

`/s3/{bucket}/{key}?X-Amz-…` is verified as AWS does (Signature Version 4, query form) and then passed to the emulator's S3.
Source of the algorithm: AWS General Reference, "Create a signed AWS API request".
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SECONDS = 7 * 24 * 3600


class Denied(Exception):
    """The address may not be used; the message says why."""


def verify(method: str, url: str, headers: Mapping[str, str], secret: str, now: datetime | None = None) -> None:
    """Raise `Denied` unless the request is exactly the one that was signed. `headers` have lower-case names."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        signature, names = query.pop("X-Amz-Signature"), query["X-Amz-SignedHeaders"]
        _, date, region, service, _ = query["X-Amz-Credential"].split("/")
        stamp, seconds = query["X-Amz-Date"], int(query["X-Amz-Expires"])
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (KeyError, ValueError):
        raise Denied("The address is not signed.") from None
    if query.get("X-Amz-Algorithm") != ALGORITHM or not 0 < seconds <= MAX_SECONDS:
        raise Denied("The address is not signed in a way that is taken here.")
    canonical = "\n".join(
        [
            method,
            parts.path,
            "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items())),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names.split(";")),
            names,
            "UNSIGNED-PAYLOAD",
        ]
    )
    text = "\n".join([ALGORITHM, stamp, f"{date}/{region}/{service}/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), signature):
        raise Denied("The signature does not match: the address, the method or a signed header was changed.")
    if signed_at + timedelta(seconds=seconds) < (now or datetime.now(UTC)):
        raise Denied("The address has expired.")
