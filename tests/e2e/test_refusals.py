"""What the gateway refuses by itself leaves in the same shape as our own refusals."""

from typing import Any

import pytest

from infra.local.client import Client
from tests.conftest import Cloud

REFUSED: dict[str, tuple[str, str, dict[str, str], int, str]] = {
    "no token": ("GET", "/api/workflows", {}, 401, "auth-required"),
    "a wrong token": ("GET", "/api/workflows", {"Authorization": "Bearer fz_wrong"}, 401, "auth-invalid"),
    "another scheme": ("GET", "/api/workflows", {"Authorization": "Basic YTpi"}, 401, "auth-invalid"),
    "an unknown address": ("GET", "/api/nothing", {}, 404, "route-unknown"),
    "an unknown address with a token": ("GET", "/api/nothing", {"Authorization": "Bearer fz_wrong"}, 404, "route-unknown"),
    "the API itself": ("GET", "/api", {}, 404, "route-unknown"),
    "the API itself with a token": ("GET", "/api/", {"Authorization": "Bearer fz_wrong"}, 404, "route-unknown"),
    "nothing behind an endpoint": ("POST", "/predict/none/elsewhere", {}, 404, "route-unknown"),
    "upper case": ("GET", "/api/WORKFLOWS", {}, 404, "route-unknown"),
    "a method that is not offered": ("PUT", "/api/health", {}, 405, "method-not-allowed"),
}


@pytest.mark.parametrize(("method", "path", "headers", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_of_the_gateway_is_a_problem_document(
    cloud: Cloud, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    reply: Any = Client(cloud.client.url, None).request(method, path, headers=headers)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json"), reply
    assert (reply.body["status"], reply.body["code"]) == (status, code)
    assert {"type", "title", "detail", "field", "hint", "request_id", "errors"} <= reply.body.keys()
    assert reply.body["request_id"] == reply.headers["x-request-id"] != ""
