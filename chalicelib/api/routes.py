"""Importing this module declares every route."""

from chalicelib.api import datasets, endpoints, models, platform, runs, tokens, workflows

MODULES = (platform, workflows, runs, datasets, models, endpoints, tokens)
