"""The catalogue, derived from the nodes: `python -m node_containers.catalog [--write] [--docs]`."""

import importlib
import json
import pkgutil
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from node_containers import metrics, nodes, samples
from node_containers.charts import page
from node_containers.sandbox.rules import PACKAGES
from node_containers.sdk import NODES, Declaration

ROOT = Path(__file__).parents[1]
CATALOG = ROOT / "chalicelib" / "catalog.json"
PROFILES = ROOT / "chalicelib" / "samples.json"
DOCS = ROOT / "docs" / "nodes.md"
CHARTS = ROOT / "docs" / "charts.md"
# What the node image is built from.
LOCK = ROOT / "infra" / "locks" / "tabular.txt"


@cache
def declarations() -> dict[str, Declaration]:
    """Every node type by name, in order of name. Imports all node files, and with them the whole science stack."""
    for module in pkgutil.iter_modules(nodes.__path__):
        importlib.import_module(f"{nodes.__name__}.{module.name}")
    return dict(sorted(NODES.items()))


def build() -> dict[str, Any]:
    """The catalogue document (`docs/contracts.md`, section 3)."""
    return {
        "version": 1,
        "nodes": [declaration.entry() for declaration in declarations().values()],
        "samples": samples.entries(),
        "metrics": metrics.entries(),
        "packages": packages(),
    }


def packages() -> dict[str, list[str]]:
    """Versions of the packages that code of people's own may import, by name; several where they go by the version of Python."""
    pinned = re.findall(r"^([a-z0-9-]+)==([0-9.]+)", LOCK.read_text("utf-8"), re.MULTILINE)
    return {name: [version for one, version in pinned if one == name] for name in PACKAGES}


def catalog_text() -> str:
    return json.dumps(build(), indent=1, ensure_ascii=False) + "\n"


def profiles_text() -> str:
    """First rows and column profiles of the samples, one sample a line."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(profile, ensure_ascii=False, allow_nan=False)}" for name, profile in samples.profiles().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def docs_text() -> str:
    """The page of all node types."""
    parts = ["# Node types\n\nGenerated from the nodes by `make catalog`; do not edit.\n"]
    for entry in build()["nodes"]:
        ports = [f"in `{port['name']}` ({_port(port)}{'' if port['required'] else ', optional'})" for port in entry["inputs"]]
        ports += [f"out `{port['name']}` ({_port(port)})" for port in entry["outputs"]]
        parts.append(f"\n## {entry['title']} (`{entry['type']}`)\n\n{entry['help']}\n\n*{entry['group']}* · {' · '.join(ports)}\n")
        rows = [
            f"| `{name}` | {_kind(schema)} | `{json.dumps(schema.get('default'))}` | {schema['description']} |"
            for name, schema in _params(entry)
        ]
        if rows:
            parts.append("\n| param | takes | default | |\n|---|---|---|---|\n" + "\n".join(rows) + "\n")
    listed = "".join(f"* {name} {' or '.join(versions)}\n" for name, versions in packages().items())
    parts.append(f"\n## Packages of Custom Python\n\nWhat code can import beside the harmless part of the standard library:\n\n{listed}")
    return "".join(parts)


def _params(entry: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """In the order of the form: what is folded away comes last."""
    return sorted(entry["params"].get("properties", {}).items(), key=lambda one: bool(one[1].get("x-advanced")))


def _port(port: dict[str, Any]) -> str:
    return f"{port['kind']}, {port['role']} rows" if port["role"] in ("train", "test") else str(port["kind"])


def _kind(schema: dict[str, Any]) -> str:
    branches = schema.get("anyOf", [schema])
    words = [str(branch.get("type") or " or ".join(map(str, branch.get("enum", [branch.get("const")])))) for branch in branches]
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {branch[key]:g}" for branch in branches for key, sign in bounds.items() if key in branch]
    return ", ".join([" or ".join(words), *limits])


def main(arguments: list[str]) -> None:
    if "--write" in arguments:
        CATALOG.write_text(catalog_text(), "utf-8")
        PROFILES.write_text(profiles_text(), "utf-8")
    if "--docs" in arguments:
        DOCS.write_text(docs_text(), "utf-8")
        CHARTS.write_text(page.docs_text(), "utf-8")
    if not arguments:
        sys.stdout.write(catalog_text())


if __name__ == "__main__":
    main(sys.argv[1:])
