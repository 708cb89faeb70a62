"""Problem documents: the one shape in which every request is refused (RFC 9457)."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

from chalice.app import Response
from pydantic import Field, ValidationError
from ulid import ULID

from chalicelib.api.shapes import View
from chalicelib.errors import FlowzaError, Invalid, RevisionConflict, WorkflowInvalid
from chalicelib.problem import Problem


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
    errors: list[Finding] = Field([])
    current: Any = None


def findings(problems: Iterable[Problem]) -> list[Finding]:
    return [Finding(**{**found._asdict(), "fix": FixView(**found.fix._asdict()) if found.fix else None}) for found in problems]


class FieldsInvalid(Invalid):
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
