"""What the platform says of itself: health, description, catalogue, templates, and who you are."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib import access, limits, settings
from chalicelib.api.describing import OPENAPI
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import View
from chalicelib.catalog import load
from chalicelib.workflow import Workflow

VERSION = "0.1.0"
TEMPLATES = Path(__file__).parents[1] / "templates"


class Health(View):
    status: str
    version: str


class User(View):
    id: str
    name: str


class Me(View):
    user: User
    local: bool
    version: str
    limits: dict[str, int]


class Template(View):
    id: str
    name: str
    description: str
    rows: int
    workflow: Workflow


class Templates(View):
    items: list[Template]


@route("GET", "/health", access="public")
def health() -> Health:
    """Whether the API answers."""
    return Health(status="ok", version=VERSION)


@route("GET", "/openapi.json", access="public")
def openapi() -> dict[str, Any]:
    """This description."""
    return dict(json.loads(OPENAPI.read_text("utf-8")))


@route("GET", "/me", access="user")
def me(request: Request) -> Me:
    """Who is signed in, and the limits that hold."""
    known = {"upload_bytes": limits.UPLOAD_MAX_BYTES, "body_bytes": limits.BODY_MAX_BYTES}
    return Me(user=User(id=request.owner, name=access.user_name(request.owner)), local=settings.load().local, version=VERSION, limits=known)


@route("GET", "/catalog", access="user", etag="content")
def get_catalog() -> dict[str, Any]:
    """Every node type: ports, params as JSON Schema, help."""
    return load().document


@route("GET", "/templates", access="user")
def list_templates() -> Templates:
    """Workflows to start from."""
    return Templates(items=list(_templates()))


@cache
def _templates() -> tuple[Template, ...]:
    documents = sorted((json.loads(path.read_text("utf-8")) for path in TEMPLATES.glob("*.json")), key=lambda document: document["order"])
    return tuple(_template(document) for document in documents)


def _template(document: dict[str, Any]) -> Template:
    workflow = Workflow.model_validate(document["workflow"])
    return Template(
        id=document["id"], name=document["name"], description=document["description"], rows=sum(_rows(workflow)), workflow=workflow
    )


def _rows(workflow: Workflow) -> list[int]:
    """Rows of the samples the workflow reads."""
    found = []
    for node in workflow.nodes:
        declared = load().nodes[node.type]
        params = {**declared.defaults, **node.data.params}
        references = [str(params[name]) for name in declared.params_with_widget("dataset")]
        references += [f"sample:{params[name]}" for name in declared.params_with_widget("sample")]
        found += [load().samples[reference].rows for reference in references if reference in load().samples]
    return found
