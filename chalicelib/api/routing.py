"""Typed routes: one decorator gives validation, authorisation, problem documents and the OpenAPI description.

    @route("PUT", "/workflows/{workflow}", access="user")
    def save_workflow(request: Request, workflow: str, body: Workflow) -> WorkflowRecord: ...

Path parameters are text arguments, `body` and `query` are pydantic models, the annotation of the result is what the answer is made of. `access` has no
default: a route that nobody declared is a route that cannot be written. `blueprint(authorizer)` hands everything to Chalice;
`describing.py` writes it down.
"""

import hashlib
import inspect
import json
import logging
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from chalice import Blueprint
from chalice.app import Response
from pydantic import BaseModel, ValidationError
from ulid import ULID

from chalicelib.access import Caller
from chalicelib.api.bodies import read_body
from chalicelib.api.problems import FieldsInvalid, problem
from chalicelib.errors import BadRequest, FlowzaError, TooLarge, Unauthorized
from chalicelib.limits import answer_fits

LOG = logging.getLogger("flowza.api")
Access = Literal["public", "user"]


@dataclass(frozen=True)
class Request:
    """What a view may know of its request besides its arguments."""

    caller: Caller | None
    headers: Mapping[str, str]
    id: str

    @property
    def seen(self) -> int:
        """The revision that the client has seen, from If-Match."""
        seen = re.fullmatch(r'\s*(?:W/)?"?(\d{1,9})"?\s*', self.headers.get("if-match", ""))
        if seen is None:
            raise BadRequest(
                "Say which revision you saw.", field="If-Match", code="if-match-missing", hint='Send the header If-Match: "3".'
            )
        return int(seen[1])

    @property
    def owner(self) -> str:
        if self.caller is None:
            raise Unauthorized("Sign in first.", code="auth-required")
        return self.caller.owner


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    # `key`: an endpoint's own key, outside of /api.
    access: Access | Literal["key"]
    status: int
    view: Callable[..., Any]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    result: Any
    etag: str | None
    headers: Mapping[str, str]
    path_parameters: tuple[str, ...]


OPERATIONS: list[Operation] = []
F = TypeVar("F", bound=Callable[..., Any])


def route(
    method: str, path: str, *, access: Access, status: int = 200, etag: str | None = None, headers: Mapping[str, str] | None = None
) -> Callable[[F], F]:
    """Declare a route below `/api`. `access` says who may call it; `etag` names the field of the answer that is its ETag, or is `content`;
    `headers` describes those that the view reads."""

    def declare(view: F) -> F:
        hints = typing.get_type_hints(view)
        result = hints.pop("return")
        names = tuple(re.findall(r"{(\w+)}", path))
        assert set(hints) - {"request", "body", "query"} == set(names), f"{view.__name__}: arguments and path differ"  # noqa: S101 at import
        body, query = hints.get("body"), hints.get("query")
        OPERATIONS.append(Operation(method, path, access, status, view, body, query, result, etag, headers or {}, names))
        return view

    return declare


def blueprint(authorizer: Any) -> Blueprint:
    """All routes as one Chalice blueprint; every one that is not public stands behind the authorizer."""
    routes = Blueprint(__name__)
    for operation in OPERATIONS:
        options: dict[str, Any] = {} if operation.access == "public" else {"authorizer": authorizer}
        view = _adapted(operation, routes)
        routes.route(operation.path, methods=[operation.method], name=operation.view.__name__, content_types=["*/*"], **options)(view)
    return routes


def _adapted(operation: Operation, routes: Blueprint) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        received = routes.current_request
        headers = {name.lower(): value for name, value in (received.headers or {}).items()}
        request = Request(_caller(received.context), headers, str(ULID()))
        try:
            if operation.access != "public":
                _ = request.owner
            return _answer(operation, request, _call(operation, request, path, received))
        except FlowzaError as error:
            return problem(error, request.id)
        except Exception:
            LOG.exception("request %s failed", request.id)
            return problem(
                FlowzaError("Something went wrong on our side.", hint="Try again; tell us the request id if it stays."), request.id
            )

    # Chalice matches path parameters with the view's own signature.
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in operation.path_parameters]
    view.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    view.__name__ = operation.view.__name__
    return view


def _caller(context: Mapping[str, Any]) -> Caller | None:
    found = (context or {}).get("authorizer") or {}
    return Caller(found["owner"], tuple(str(found.get("scopes", "")).split())) if found.get("owner") else None


def _call(operation: Operation, request: Request, path: Mapping[str, str], received: Any) -> Any:
    arguments: dict[str, Any] = dict(path)
    hints = typing.get_type_hints(operation.view)
    if "request" in hints:
        arguments["request"] = request
    if operation.body:
        # Strict: the text "5" is no number, and 1 is no yes. What comes in an address is all text.
        arguments["body"] = _validated(operation.body, read_body(received.raw_body, request.headers), "body", strict=True)
    if operation.query:
        # Chalice gives a MultiDict; a parameter that is named twice counts with its last value.
        given = {name: received.query_params.get(name) for name in (received.query_params or {})}
        arguments["query"] = _validated(operation.query, given, "query")
    return operation.view(**arguments)


def _validated(model: type[BaseModel], value: Any, where: str, *, strict: bool = False) -> BaseModel:
    try:
        # Strict JSON still knows that a list may become a tuple; strict Python does not.
        return model.model_validate_json(json.dumps(value), strict=True) if strict else model.model_validate(value)
    except ValidationError as wrong:
        raise FieldsInvalid(wrong, where) from wrong


def _answer(operation: Operation, request: Request, result: Any) -> Response:
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Request-Id": request.id}
    if result is None:
        return Response(body="", status_code=204, headers=headers)
    text = _json(result)
    if not answer_fits(text):
        raise TooLarge(
            f"The answer has {len(text.encode()):,} bytes, more than the 6 MB that can be sent at once.",
            code="answer-too-large",
            hint="Ask for less at once (limit, fewer rows), or download the node's file, which has no such limit.",
        )
    if operation.etag is not None:
        tag = f'"{_etag(operation.etag, result, text)}"'
        headers |= {"ETag": tag, "Cache-Control": "no-cache"}
        if operation.method == "GET" and tag in request.headers.get("if-none-match", ""):
            return Response(body="", status_code=304, headers=headers)
    return Response(body=text, status_code=operation.status, headers=headers)


def _etag(rule: str, result: Any, text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32] if rule == "content" else str(getattr(result, rule))


def _json(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
