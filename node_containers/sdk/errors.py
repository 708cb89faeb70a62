"""What a node says when it cannot go on."""


class NodeError(Exception):
    """A failure the user can mend: `message` says what and where, `field` the param or column, `hint` the way out."""

    def __init__(self, code: str, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.hint = hint
