"""What a node says when it cannot go on."""

from collections.abc import Sequence


class NodeError(Exception):
    """A failure the user can mend: `message` says what and where, `field` the param or column, `hint` the way out.

    `rows` are the places of the rows it is about, where single rows are.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None, hint: str | None = None, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.hint = hint
        self.rows = rows
