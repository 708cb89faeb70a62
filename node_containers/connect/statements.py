"""Which SQL may be sent: one SELECT, and nothing that reaches files, other servers or settings.

The database is the second judge (a read-only transaction, a cursor that takes nothing but a query, a prepared statement that takes nothing but one);
this is the first. It reads the text as PostgreSQL's own scanner does, so that a word in a string or a comment is neither missed nor mistaken.
"""

import re
from collections.abc import Iterator

from node_containers.sdk import NodeError

MAX_CHARACTERS = 50_000
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>--[^\n]*)
      | (?P<block>/\*)
      | (?P<dollar>\$(?:[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*)?\$)
      | (?P<unicode>[uU]&["'])
      | (?P<string>[eE]?')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<name>[A-Za-z_\x80-\uffff][A-Za-z0-9_$\x80-\uffff]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_BEGINS = ("select", "with", "values", "table")
# Verbs that no query needs; as names of columns they can be quoted.
_VERBS = frozenset(
    (
        *(
            "insert",
            "update",
            "delete",
            "merge",
            "truncate",
            "drop",
            "alter",
            "create",
            "grant",
            "revoke",
            "copy",
            "call",
            "do",
            "execute",
            "prepare",
        ),
        *("listen", "notify", "vacuum", "analyze", "lock", "set", "reset", "load", "into", "attach", "detach", "outfile", "infile"),
    )
)
# Functions that read files, talk to other servers, run text as SQL, or act on the server.
_FUNCTIONS = re.compile(
    r"pg_(read|ls|stat_file|file|logical|create|drop|promote|terminate|cancel|reload|rotate|switch|wal|walfile|start|stop|backup|notify|export|advisory|try_advisory"
    r"|execute|replication|import|copy|current_logfile|hba|ident|config|settings|show_all_settings)\w*"
    r"|lo_\w+|loread|lowrite|dblink\w*|query_to_\w+|cursor_to_\w+|table_to_xml\w*|schema_to_\w+|database_to_\w+|ts_stat|crosstab\w*|connectby|set_config|setval|nextval"
    r"|xpath_table|plpy\w*|file_fdw\w*"
)


def check_select(sql: str) -> str:
    """The statement without a last semicolon, if it is one query that only reads. Raises `sql-not-allowed`."""
    if len(sql) > MAX_CHARACTERS or "\x00" in sql:
        raise _refused("it is too long or holds a NUL")
    words, end = [], len(sql)
    semicolon = None
    for kind, text, at in _tokens(sql):
        if semicolon is not None:
            raise _refused("it holds more than one statement")
        if kind == "other" and text == ";":
            semicolon, end = at, at
        elif kind in ("name", "quoted"):
            words.append(text.lower() if kind == "name" else text[1:-1].replace('""', '"').lower())
            _judge(kind, words[-1])
        elif kind == "other" and not words and text != "(":
            raise _refused("it does not begin with SELECT")
    if not words or words[0] not in _BEGINS:
        raise _refused("it does not begin with SELECT, WITH, VALUES or TABLE")
    return sql[:end].strip()


def _judge(kind: str, word: str) -> None:
    if kind == "name" and word in _VERBS:
        raise _refused(f"it holds {word.upper()}; write a column of that name in quotes")
    if _FUNCTIONS.fullmatch(word):
        raise _refused(f"it uses {word}")


def _tokens(sql: str) -> Iterator[tuple[str, str, int]]:
    """The words and marks of a statement, without comments, strings and blanks."""
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        assert match is not None  # noqa: S101 the last branch takes anything
        kind, text = str(match.lastgroup), match.group()
        if kind == "unicode":
            raise _refused("it spells names or texts by their codes (U&)")
        if kind in ("block", "dollar", "string"):
            at = _END[kind](sql, match)
            continue
        if kind not in ("space", "comment"):
            yield kind, text, at
        at = match.end()


def _end_of_comment(sql: str, match: re.Match[str]) -> int:
    depth, at = 1, match.end()
    while depth:
        mark = re.compile(r"/\*|\*/").search(sql, at)
        if mark is None:
            raise _refused("a comment in it never ends")
        depth += 1 if mark.group() == "/*" else -1
        at = mark.end()
    return at


def _end_of_dollar(sql: str, match: re.Match[str]) -> int:
    end = sql.find(match.group(), match.end())
    if end < 0:
        raise _refused("a text in it never ends")
    return end + len(match.group())


def _end_of_string(sql: str, match: re.Match[str]) -> int:
    escaped = match.group().lower().startswith("e")
    ends = re.compile(r"(?:[^'\\]|''|\\.)*'" if escaped else r"(?:[^']|'')*'", re.DOTALL).match(sql, match.end())
    if ends is None:
        raise _refused("a text in it never ends")
    return ends.end()


_END = {"block": _end_of_comment, "dollar": _end_of_dollar, "string": _end_of_string}


def _refused(why: str) -> NodeError:
    return NodeError(
        "sql-not-allowed",
        f"The statement is not one query that only reads: {why}.",
        field="params.sql",
        hint="One SELECT is allowed, nothing else.",
    )
