"""Which Python a custom node may be: judged before it runs, and its attributes guarded while it does.

Every attribute that the code reads goes through `read_attribute`: a module that is not on the list is not given out, wherever it is found. Names with two
underscores, frames and code objects are not given out at all. Standard library only: this runs in the child.
"""

import ast
import builtins
import contextlib
import importlib
import types
from collections.abc import Mapping, Sequence
from typing import Any

FILE = "<your code>"
# Libraries that code may import: the package, and the module it brings.
PACKAGES = {"numpy": "numpy", "pandas": "pandas", "scikit-learn": "sklearn", "scipy": "scipy"}
ALLOWED = frozenset(
    (
        *PACKAGES.values(),
        *("math", "cmath", "statistics", "random", "decimal", "fractions", "numbers"),
        *("datetime", "calendar", "zoneinfo", "time"),
        *("re", "string", "textwrap", "unicodedata", "difflib"),
        *("json", "base64", "hashlib", "uuid"),
        *("collections", "itertools", "functools", "operator", "heapq", "bisect", "copy", "enum", "dataclasses", "typing", "abc"),
    )
)
# Attributes that lead from a harmless thing to the interpreter behind it.
_INNER = frozenset(
    (
        *("tb_frame", "tb_next", "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "gi_frame", "gi_code", "gi_yieldfrom"),
        *("cr_frame", "cr_code", "cr_await", "ag_frame", "ag_code", "func_globals", "func_code", "co_consts", "co_code", "mro"),
    )
)
_BUILTINS = (
    "abs all any ascii bin bool bytearray bytes callable chr complex dict divmod enumerate filter float format frozenset hash hex id int isinstance "
    "issubclass iter len list map max min next object oct ord pow property range repr reversed round set slice sorted staticmethod classmethod str sum super "
    "tuple type zip True False None NotImplemented Ellipsis __build_class__"
)


class NotAllowed(Exception):
    """The code asks for something a custom node does not get; `line` says where, as far as it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def compiled(code: str) -> types.CodeType:
    """The code, judged and with its attributes guarded. Raises `SyntaxError` or `NotAllowed`."""
    tree = ast.parse(code, FILE)
    _Judge().visit(tree)
    guarded = ast.fix_missing_locations(_Guard().visit(tree))
    return compile(guarded, FILE, "exec", dont_inherit=True)


def load_imports(code: str) -> None:
    """Import what the code will import, as far as it may: libraries open files and load others, which nobody does later."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    for name in sorted(names):
        if name.partition(".")[0] in ALLOWED:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


class _Judge(ast.NodeVisitor):
    """Refuses what can be seen without running it."""

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            _check_module(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            raise NotAllowed("There is no package to import from with a dot.", node.lineno)
        _check_module(node.module, node.lineno)
        for alias in node.names:
            if alias.name == "*":
                raise NotAllowed("Name what you import; * is not taken.", node.lineno)
            _check_name(alias.name, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        _check_name(node.attr, node.lineno)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        _check_name(node.id, node.lineno)

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        raise NotAllowed("Patterns with classes are not taken; use isinstance.", node.lineno)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg is not None:
            _check_name(node.arg, node.value.lineno)
        self.generic_visit(node)


class _Guard(ast.NodeTransformer):
    """Every attribute that is read becomes a call of the guard."""

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        call = ast.Call(ast.Name("__read__", ast.Load()), [node.value, ast.Constant(node.attr)], [])
        return ast.copy_location(call, node)


def _check_module(name: str, line: int | None = None) -> None:
    if name.partition(".")[0] not in ALLOWED or any(part.startswith("__") for part in name.split(".")):
        raise NotAllowed(f"The module {name} cannot be imported here. There is {', '.join(sorted(ALLOWED))}.", line)


def _check_name(name: str, line: int | None = None) -> None:
    if name.startswith("__") or name in _INNER:
        raise NotAllowed(f"The name {name} is not given out here.", line)


def read_attribute(value: Any, name: str, *default: Any) -> Any:
    """`value.name`, unless it is a way out."""
    if not isinstance(name, str) or type(name) is not str:
        raise NotAllowed("The name of an attribute is a text.")
    _check_name(name)
    return _given_out(getattr(value, name, *default))


def _given_out(found: Any) -> Any:
    if isinstance(found, types.ModuleType):
        _check_module(found.__name__)
    elif isinstance(found, types.FrameType | types.CodeType | types.TracebackType):
        raise NotAllowed("The insides of the interpreter are not given out here.")
    elif isinstance(found, types.BuiltinFunctionType | types.FunctionType) and (found.__module__ or "").partition(".")[0] in _CLOSED:
        raise NotAllowed(f"The function {found.__name__} of {found.__module__} is not given out here.")
    return found


# Functions of these are not given out even where something on the list carries them under a name of its own.
_CLOSED = frozenset(
    (
        *("os", "posix", "sys", "subprocess", "_posixsubprocess", "socket", "_socket", "shutil", "io", "_io", "pickle", "_pickle"),
        *("importlib", "_imp", "runpy", "ctypes", "_ctypes", "signal", "_signal", "gc", "inspect", "code", "codeop"),
    )
)


def import_module(name: str, globals: Any = None, locals: Any = None, fromlist: Sequence[str] | None = (), level: int = 0) -> Any:
    """`import` for the code: the list, and nothing through it."""
    if level:
        raise NotAllowed("There is no package to import from with a dot.")
    _check_module(name)
    module = importlib.import_module(name)
    if not fromlist:
        return importlib.import_module(name.partition(".")[0])
    for part in fromlist:
        _check_name(part)
        if hasattr(module, part):
            _given_out(getattr(module, part))
        else:
            _check_module(f"{name}.{part}")
            importlib.import_module(f"{name}.{part}")
    return module


def write_attribute(value: Any, name: str, new: Any) -> None:
    _check_name(name)
    setattr(value, name, new)


def has_attribute(value: Any, name: str) -> bool:
    missing = object()
    return read_attribute(value, name, missing) is not missing


def namespace(printing: Any) -> dict[str, Any]:
    """The globals the code runs in."""
    given: dict[str, Any] = {name: getattr(builtins, name) for name in _BUILTINS.split()}
    given |= {name: one for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)}
    given |= {
        "__import__": import_module,
        "print": printing,
        "getattr": read_attribute,
        "setattr": write_attribute,
        "hasattr": has_attribute,
    }
    return {"__builtins__": given, "__name__": "custom", "__read__": read_attribute}


def lines_of(error: BaseException) -> list[tuple[int, str]]:
    """Where in the code it happened, as (line, function), from outside in."""
    found, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            found.append((trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    return found


def described(error: BaseException, code: str) -> dict[str, Any]:
    """What went wrong, for people: the line first. `trace` is for the log."""
    places = lines_of(error)
    line = places[-1][0] if places else getattr(error, "line", None) or getattr(error, "lineno", None)
    source = code.splitlines()
    shown = source[line - 1].strip() if isinstance(line, int) and 0 < line <= len(source) else ""
    words = str(error.msg) if isinstance(error, SyntaxError) else str(error)
    name = "not allowed" if isinstance(error, NotAllowed) else type(error).__name__
    where = f"Line {line}: " if line else ""
    trace = [
        f"  line {number}, in {function}: {source[number - 1].strip() if number <= len(source) else ''}" for number, function in places
    ]
    return {
        "code": "custom-not-allowed"
        if isinstance(error, NotAllowed)
        else "custom-syntax"
        if isinstance(error, SyntaxError)
        else "custom-failed",
        "message": f"{where}{name}: {words[:500]}" + (f" — {shown[:120]}" if shown else ""),
        "line": line,
        "trace": "\n".join(["Your code stopped here:", *trace, f"{name}: {words[:2000]}"]),
    }


def check_run(scope: Mapping[str, Any]) -> Any:
    """The function `run` of the code."""
    run = scope.get("run")
    if not isinstance(run, types.FunctionType):
        raise NotAllowed("The code needs a function run(df, params).")
    return run
