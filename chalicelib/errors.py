"""Every error a request can end in: one tree, each with an HTTP status and a stable code.

    FlowzaError
    ├── BadRequest              400  bad-request          the request cannot be read
    ├── Unauthorized            401  unauthorized
    ├── Forbidden               403  forbidden            it is yours to see, and somebody else's to do
    ├── NotFound                404  not-found            missing, or somebody else's: the two answer alike
    ├── Conflict                409  conflict
    │   ├── RevisionConflict    409  revision-conflict    somebody saved in between
    │   ├── IdempotencyMismatch 409  idempotency-mismatch same key, other request
    │   ├── InUse               409  in-use
    │   └── CapReached          409  cap-reached          it would cost more than a cap allows
    ├── TooLarge                413  too-large
    ├── UnsupportedMediaType    415  content-type
    ├── Invalid                 422  invalid              a field is wrong
    │   └── WorkflowInvalid     422  workflow-invalid     carries every problem of the check
    ├── TooMany                 429  too-many
    └── Upstream                502  upstream             a service behind us failed

What the user drew wrongly is a `Problem` (check.py), not an exception; exceptions are for requests that cannot be answered.
"""

from collections.abc import Sequence
from typing import Any, ClassVar


class FlowzaError(Exception):
    """`message` says what happened and where, `field` names the place, `hint` the way out."""

    status: ClassVar[int] = 500
    code: str = "internal"

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint
        if code is not None:
            self.code = code


class BadRequest(FlowzaError):
    status, code = 400, "bad-request"


class Unauthorized(FlowzaError):
    status, code = 401, "unauthorized"


class Forbidden(FlowzaError):
    status, code = 403, "forbidden"


class NotFound(FlowzaError):
    status, code = 404, "not-found"


class Conflict(FlowzaError):
    status, code = 409, "conflict"


class RevisionConflict(Conflict):
    """`current` is the record as it is stored now, so that the canvas can merge."""

    code = "revision-conflict"

    def __init__(self, message: str, *, current: Any = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.current = current


class IdempotencyMismatch(Conflict):
    code = "idempotency-mismatch"


class InUse(Conflict):
    code = "in-use"


class CapReached(Conflict):
    code = "cap-reached"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message, field=field, hint="Raise the cap in the settings, or run a smaller part.")


class TooLarge(FlowzaError):
    status, code = 413, "too-large"


class UnsupportedMediaType(FlowzaError):
    status, code = 415, "content-type"


class Invalid(FlowzaError):
    status, code = 422, "invalid"


class WorkflowInvalid(Invalid):
    """`problems` are the findings of the check, all of them."""

    code = "workflow-invalid"

    def __init__(self, message: str, problems: Sequence[Any], *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = list(problems)


class TooMany(FlowzaError):
    status, code = 429, "too-many"


class Upstream(FlowzaError):
    status, code = 502, "upstream"
