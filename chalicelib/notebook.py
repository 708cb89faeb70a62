"""A run as Python: the plan document as a script, and as a notebook. Pure.

    plan document ─▶ cells (words, code) ─▶ .py  or  .ipynb

The exported code calls the functions of the nodes themselves, one after the other, with the params of the run: no second implementation, so the
figures are those of the run (a test runs an export and compares). It needs the folder `node_containers` and its requirements, and nothing of the
platform. What only the platform can do (register, deploy, ask a person) is left out in words; the value goes on to the nodes behind it.
"""

import json
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from pprint import pformat
from typing import Any, NamedTuple

from chalicelib.catalog import Catalog

WIDTH = 110
RESERVED = {"step", "FIGURES", "CLOSED", "Context", "Dataset", "SimpleNamespace", "declarations", "json", "run_apart", "threadpool_limits"}

PREAMBLE = '''\
import json
from types import SimpleNamespace

from threadpoolctl import threadpool_limits

from node_containers.catalog import declarations
from node_containers.sandbox.process import run_apart
from node_containers.sdk import CLOSED, Context, Dataset, FanOut

FIGURES = {}


def step(node, node_type, params, dataset=None, **inputs):
    """Call the function of a node type with checked params; gives its outputs by name and prints what it says."""
    declared = declarations()[node_type]
    if any(inputs.get(name) is CLOSED for name, (_, required) in declared.inputs.items() if required):
        print(f"{node}: skipped, nothing came through")
        return SimpleNamespace(**dict.fromkeys(declared.outputs, CLOSED))
    context = Context(dataset=dataset, apart=run_apart)
    given = {name: value for name, value in inputs.items() if value is not CLOSED}
    given |= {"params": declared.params(**params), **({"context": context} if declared.takes_context else {})}
    with threadpool_limits(limits=1):  # sums of floats keep the order they have on the platform
        returned = declared.function(**given)
        outputs = declared.name_outputs(returned.run() if isinstance(returned, FanOut) else returned)
    FIGURES[node] = context.metrics
    print(f"{node}: {context.summary}")
    return SimpleNamespace(**outputs)
'''

EPILOGUE = "print(json.dumps({node: figures for node, figures in FIGURES.items() if figures}, indent=1))\n"


class Cell(NamedTuple):
    kind: str
    text: str


def script(document: Mapping[str, Any], name: str, catalog: Catalog) -> str:
    """The plan document as a Python script."""
    parts = [_commented(cell.text) if cell.kind == "markdown" else cell.text.rstrip("\n") for cell in _cells(document, name, catalog)]
    return "\n\n".join(parts) + "\n"


def notebook(document: Mapping[str, Any], name: str, catalog: Catalog) -> dict[str, Any]:
    """The same as a notebook (nbformat 4.5), one cell a node."""
    cells: list[dict[str, Any]] = []
    for place, cell in enumerate(_cells(document, name, catalog)):
        common = {"id": f"cell-{place}", "cell_type": cell.kind, "metadata": {}, "source": cell.text.rstrip("\n").splitlines(keepends=True)}
        cells.append({**common, **({"execution_count": None, "outputs": []} if cell.kind == "code" else {})})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "cells": cells}


def _cells(document: Mapping[str, Any], name: str, catalog: Catalog) -> Iterator[Cell]:
    yield Cell("markdown", _words(document, name))
    yield Cell("code", PREAMBLE)
    nodes = document["nodes"]
    order = list(_in_order(nodes))
    names = _variables(order)
    for node in order:
        planned = nodes[node]
        yield Cell("markdown", f"## {_plain(planned['label'] or planned['type'])}")
        yield Cell("code", _call(planned, names, catalog))
    yield Cell("code", EPILOGUE)


def _words(document: Mapping[str, Any], name: str) -> str:
    files = sorted(
        {
            (node["dataset"]["filename"], node["dataset"]["sha256"])
            for node in document["nodes"].values()
            if "object" in (node["dataset"] or {})
        }
    )
    lines = [
        f"# {_plain(name)}",
        "",
        f"Exported from the run {document['run']}. It calls the functions of the nodes with the params of that run, so it gives the same figures.",
        "It needs the folder `node_containers` of Flowza on the path, and the packages of `node_containers/tabular/requirements.txt`.",
    ]
    lines += [f"Put the file `{_plain(filename)}` (SHA-256 {sha256}) beside it." for filename, sha256 in files]
    needs = sorted({need for node in document["nodes"].values() for need in node["params"].get("requirements", ())})
    lines += [f"Code of its own asks for {', '.join(map(_plain, needs))}."] if needs else []
    return "\n".join(lines)


def _call(node: Mapping[str, Any], names: Mapping[str, str], catalog: Catalog) -> str:
    """The statement of one node; where only the platform can do it, words and what goes on to the nodes behind."""
    declared = catalog.nodes[node["type"]]
    inputs = {port: f"{names[source['node']]}.{source['port']}" for port, source in sorted(node["inputs"].items())}
    if not declared.cacheable or node.get("flow") == "approval":
        passed = ", ".join(f"{port}={value}" for port, value in inputs.items())
        return f"# {declared.title} needs the platform and is left out; its inputs go on as they are.\n{names[node['id']]} = SimpleNamespace({passed})\n"
    arguments = [repr(node["id"]), repr(node["type"]), pformat(dict(node["params"]), width=WIDTH, sort_dicts=False)]
    arguments += [f"dataset={_dataset(node['dataset'])}"] if node["dataset"] else []
    arguments += [f"{port}={value}" for port, value in inputs.items()]
    joined = ", ".join(arguments)
    if len(joined) + len(node["id"]) > WIDTH or "\n" in joined:
        joined = "\n" + "".join(f"    {_indented(argument)},\n" for argument in arguments)
    return f"{names[node['id']]} = step({joined})\n"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _dataset(dataset: Mapping[str, Any]) -> str:
    if "object" not in dataset:
        return f"Dataset({dataset['ref']!r}, sample={dataset['ref'].removeprefix('sample:')!r})"
    return f"Dataset({dataset['ref']!r}, path={dataset['filename']!r}, filename={dataset['filename']!r})"


def _in_order(nodes: Mapping[str, Any]) -> Iterator[str]:
    """Every node after those that feed it, otherwise by name."""
    done: set[str] = set()
    waiting = sorted(nodes)
    while waiting:
        ready = [name for name in waiting if all(source["node"] in done for source in nodes[name]["inputs"].values())]
        yield from ready
        done.update(ready)
        waiting = [name for name in waiting if name not in done]
        if not ready:
            raise ValueError(f"the plan has no order for {waiting[:3]}")


def _variables(nodes: Iterable[str]) -> dict[str, str]:
    """A Python name for each node id, all of them different."""
    found: dict[str, str] = {}
    for node in nodes:
        base = re.sub(r"\W", "_", node, flags=re.ASCII)
        name = f"n_{base}" if base[:1].isdigit() or keyword.iskeyword(base) or keyword.issoftkeyword(base) or base in RESERVED else base
        while name in found.values():
            name += "_"
        found[node] = name
    return found


def _plain(text: str) -> str:
    """People's words on one line: they end up in comments, and a line break would end those."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)[1:-1][:200]


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())
