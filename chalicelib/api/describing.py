"""The OpenAPI 3.1 description of every declared route and of predictions, as `openapi.json` holds it."""

import inspect
import json
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.api.problems import ProblemDocument
from chalicelib.api.routing import OPERATIONS, Operation
from chalicelib.api.serving import SERVED

OPENAPI = Path(__file__).parents[1] / "openapi.json"


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 description of every declared route, and of what the serving function answers."""
    operations = [*((f"/api{one.path}", one) for one in OPERATIONS), *((one.path, one) for one in SERVED)]
    takes = {one.body for _, one in operations if one.body}
    gives = {model for _, one in operations for model in _models(one.result)} | {ProblemDocument}
    wanted: list[Any] = [(model, "validation") for model in sorted(takes, key=lambda m: m.__name__)]
    wanted += [(model, "serialization") for model in sorted(gives, key=lambda m: m.__name__)]
    references, schemas = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    paths: dict[str, Any] = {}
    for path, operation in sorted(operations, key=lambda one: (one[0], one[1].method)):
        paths.setdefault(path, {})[operation.method.lower()] = _described(operation, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Flowza", "version": "1", "description": "Draw, run, register, deploy. Errors are application/problem+json."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas["$defs"].items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A personal access token, fz_…"},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "A key of the endpoint, fzk_…"},
            },
        },
    }


def document_text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


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
        "security": [] if operation.access == "public" else [{"key" if operation.access == "key" else "token": []}],
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
