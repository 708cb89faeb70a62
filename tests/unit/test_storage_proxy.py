"""Presigned addresses: exactly what was signed, and only in its time."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from infra.local.storage_proxy import Denied, verify

SECRET = "storage-secret"
NOW = datetime.now(UTC)


def signed(method: str = "get_object", **params: object) -> str:
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    client = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:4680/s3",
        region_name="us-east-1",
        aws_access_key_id="LOCAL",
        aws_secret_access_key=SECRET,
        config=config,
    )
    return str(client.generate_presigned_url(method, Params={"Bucket": "b", "Key": "o/usr/data set.csv", **params}, ExpiresIn=300))


def check(url: str, method: str = "GET", now: datetime | None = None, **headers: str) -> None:
    parts = urlsplit(url)
    given = {"host": "127.0.0.1:4680", **{name.replace("_", "-"): value for name, value in headers.items()}}
    verify(method, f"{parts.path}?{parts.query}", given, SECRET, now)


def test_what_the_sdk_signs_is_accepted() -> None:
    check(signed())
    check(signed(ResponseContentDisposition='attachment; filename="a b.csv"'))
    check(signed("put_object", ContentLength=10), "PUT", content_length="10")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: check(url, now=NOW + timedelta(hours=2)), "expired"),
        (lambda url: check(url, "PUT"), "signature"),
        (lambda url: check(url.replace("data%20set", "other")), "signature"),
        (lambda url: check(url.replace("Expires=300", "Expires=3000")), "signature"),
        (lambda url: check(url, host="evil.test"), "signature"),
        (lambda url: check(url.split("?")[0]), "not signed"),
        (lambda url: check(url + "&x=1"), "signature"),
        (lambda url: check(url.replace("Expires=300", "Expires=99999999")), "not signed in a way"),
    ],
    ids=["expired", "method", "key", "longer", "host", "unsigned", "extra", "too long"],
)
def test_anything_else_is_denied(change: object, words: str) -> None:
    with pytest.raises(Denied, match=words):
        change(signed())  # type: ignore[operator]


def test_an_upload_of_another_size_is_denied() -> None:
    with pytest.raises(Denied, match="signature"):
        check(signed("put_object", ContentLength=10), "PUT", content_length="11")
