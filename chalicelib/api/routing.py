"""Typed routes: one decorator gives validation, authorisation, problem documents and the OpenAPI description.

    @route("PUT", "/workflows/{workflow}", access="user")
    def save_workflow(request: Request, workflow: str, body: Workflow) -> WorkflowRecord: ...

Path parameters are text arguments, `body` and `query` are pydantic models, the annotation of the result is what the answer is made of. `access` has no
default: a route that nobody declared is a route that cannot be written. `blueprint(authorizer)` hands everything to Chalice; `document()` describes it.
"""

import base64
import hashlib
import inspect
import json
import logging
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from chalice import Blueprint
from chalice.app import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.json_schema import models_json_schema
from ulid import ULID

from chalicelib.access import Caller
from chalicelib.api.bodies import read_body
from chalicelib.errors import BadRequest, FlowzaError, Invalid, RevisionConflict, TooLarge, Unauthorized, WorkflowInvalid
from chalicelib.limits import answer_fits
from chalicelib.problem import Problem

LOG = logging.getLogger("flowza.api")
OPENAPI = Path(__file__).parents[1] / "openapi.json"
Access = Literal["public", "user"]


class View(BaseModel):
    """Base of what the API answers."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """Base of what the API takes: nothing unknown, nothing infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FixView(View):
    """A change of the drawing that mends a problem (`chalicelib/problem.py` says what each kind does)."""

    kind: Literal["move-before", "connect", "set-param"]
    node: str
    before: str | None = None
    port: str | None = None
    source: str | None = None
    source_port: str | None = None
    param: str | None = None
    value: bool | float | str | None = None


class Finding(View):
    """One problem among several; `fix` is the way out as one click, where there is one."""

    code: str
    message: str
    node: str | None = None
    field: str | None = None
    hint: str | None = None
    severity: Literal["error", "warning", "notice"] = "error"
    fix: FixView | None = None


class ProblemDocument(View):
    """Every error answer (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    hint: str | None = None
    request_id: str
    errors: list[Finding] = []
    current: Any = None


@dataclass(frozen=True)
class Request:
    """What a view may know of its request besides its arguments."""

    caller: Caller | None
    headers: Mapping[str, str]
    id: str

    @property
    def owner(self) -> str:
        if self.caller is None:
            raise Unauthorized("Sign in first.", code="auth-required")
        return self.caller.owner


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    access: Access
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


# -- serving ----------------------------------------------------------------------------------------------------------------


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
        raise _Fields(wrong, where) from wrong


class _Fields(Invalid):
    """Every field that does not fit, from pydantic's own findings."""

    def __init__(self, wrong: ValidationError, where: str) -> None:
        found = wrong.errors(include_url=False, include_input=False, include_context=False)[:50]
        self.errors = [_finding(error) for error in found]
        first = self.errors[0]
        super().__init__(f"The {where} does not fit at {first.field or 'the top'}: {first.message}", field=first.field, code=first.code)


def _finding(error: Any) -> Finding:
    codes = {
        "extra_forbidden": "field-unknown",
        "missing": "field-missing",
        "greater_than_equal": "field-range",
        "less_than_equal": "field-range",
    }
    code = codes.get(error["type"], "field-type" if error["type"].endswith("_type") else "field-value")
    return Finding(code=code, message=error["msg"], field=".".join(str(part) for part in error["loc"]) or None)


def findings(problems: Iterable[Problem]) -> list[Finding]:
    return [Finding(**{**found._asdict(), "fix": FixView(**found.fix._asdict()) if found.fix else None}) for found in problems]


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


def problem(error: FlowzaError, request_id: str) -> Response:
    """The error as application/problem+json."""
    errors: list[Finding] = getattr(error, "errors", [])
    if isinstance(error, WorkflowInvalid):
        errors = findings(error.problems)
    body = ProblemDocument(
        type=f"urn:flowza:problem:{error.code}",
        title=error.code.replace("-", " ").capitalize(),
        status=error.status,
        code=error.code,
        detail=error.message,
        field=error.field,
        hint=error.hint,
        request_id=request_id,
        errors=errors,
        current=error.current._asdict() if isinstance(error, RevisionConflict) else None,
    )
    headers: dict[str, str | list[str]] = {
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
        "X-Request-Id": request_id,
    }
    return Response(body=body.model_dump_json(), status_code=error.status, headers=headers)


def rewrite_gateway_errors(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Chalice middleware: its own short errors (`{"Code", "Message"}`) leave in our one shape."""
    reply = get_response(event)
    if reply.status_code >= 400 and isinstance(reply.body, dict) and "Code" in reply.body:
        error = FlowzaError(reply.body.get("Message", "The request failed."), code=_kebab(reply.body["Code"]))
        error.status = reply.status_code  # type: ignore[misc]
        return problem(error, str(ULID()))
    return reply


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Error")).lower()


# -- lists ------------------------------------------------------------------------------------------------------------------


_Key = TypeAdapter(dict[str, Annotated[str, StringConstraints(min_length=1, max_length=1_000)]])


class ListQuery(Body):
    """How much of a list, and from where."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = None

    def start_key(self, *names: str, **fixed: str) -> dict[str, Any] | None:
        """Where the last page ended: a key of the attributes `names` and `fixed`, the latter with these values.

        Raises for a cursor that is none of ours, or of another list."""
        if self.cursor is None:
            return None
        try:
            key = _Key.validate_json(base64.b64decode(self.cursor.encode(), altchars=b"-_", validate=True))
            if key.keys() != {*names, *fixed} or any(key[name] != value for name, value in fixed.items()):
                raise ValueError
        except ValueError:
            raise BadRequest(
                "The cursor is not one of this list.", field="cursor", code="page-token-invalid", hint="Start again without it."
            ) from None
        return {name: {"S": value} for name, value in key.items()}


def next_cursor(key: Mapping[str, Any] | None) -> str | None:
    """Where a page ended, as text. All our keys are text."""
    if key is None:
        return None
    plain = {name: value["S"] for name, value in key.items()}
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode()


# -- describing -------------------------------------------------------------------------------------------------------------


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 description of every declared route."""
    takes = {model for operation in OPERATIONS for model in (operation.body,) if model}
    gives = {model for operation in OPERATIONS for model in _models(operation.result)} | {ProblemDocument}
    wanted: list[Any] = [(model, "validation") for model in sorted(takes, key=lambda m: m.__name__)]
    wanted += [(model, "serialization") for model in sorted(gives, key=lambda m: m.__name__)]
    references, schemas = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    paths: dict[str, Any] = {}
    for operation in sorted(OPERATIONS, key=lambda one: (one.path, one.method)):
        paths.setdefault(f"/api{operation.path}", {})[operation.method.lower()] = _described(operation, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Flowza", "version": "1", "description": "Draw, run, register, deploy. Errors are application/problem+json."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas["$defs"].items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A personal access token, fz_…"}},
        },
    }


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models(part)]


def _described(operation: Operation, references: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.view.__name__,
        "summary": (inspect.getdoc(operation.view) or "").split("\n")[0],
        "tags": [operation.path.split("/")[1]],
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in operation.path_parameters],
        "responses": {str(operation.status): _success(operation, references), "default": _problem_response()},
        "security": [] if operation.access == "public" else [{"token": []}],
    }
    described["parameters"] += [
        {"name": name, "in": "header", "required": False, "description": words, "schema": {"type": "string"}}
        for name, words in operation.headers.items()
    ]
    if operation.etag is not None and operation.method == "GET":
        described["responses"]["304"] = {"description": "Unchanged since the ETag in If-None-Match"}
    if operation.query:
        described["parameters"] += [
            _query_parameter(name, schema) for name, schema in operation.query.model_json_schema()["properties"].items()
        ]
    if operation.body:
        schema = references[operation.body, "validation"]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Every query parameter may be left out; in an address there is no null."""
    plain: dict[str, Any] = next((part for part in schema.get("anyOf", []) if part["type"] != "null"), {})
    kept = {word: value for word, value in schema.items() if word not in ("anyOf", "title") and value is not None}
    return {"name": name, "in": "query", "required": False, "schema": {**plain, **kept}}


def _success(operation: Operation, references: Any) -> dict[str, Any]:
    models = _models(operation.result)
    if operation.result is type(None):
        return {"description": "Done"}
    schema = references[models[0], "serialization"] if models else {"type": "object"}
    if models and typing.get_origin(operation.result) is list:
        schema = {"type": "array", "items": schema}
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _problem_response() -> dict[str, Any]:
    return {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }


def document_text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
