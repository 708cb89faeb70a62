"""All routes. Importing a resource module declares its routes; `python -m chalicelib.api.routes --write` writes `openapi.json`."""

import sys
from typing import Any

from chalice import Blueprint

from chalicelib.api import datasets, describing, endpoints, models, platform, questions, routing, runs, secrets, spending, tokens, workflows

RESOURCES = (platform, workflows, runs, questions, datasets, models, endpoints, secrets, spending, tokens)


def blueprint(authorizer: Any) -> Blueprint:
    """Every route of every resource, behind the authorizer unless it is public."""
    return routing.blueprint(authorizer)


if __name__ == "__main__":
    if "--write" in sys.argv:
        describing.OPENAPI.write_text(describing.document_text(), "utf-8")
    else:
        sys.stdout.write(describing.document_text())
