"""What the fork server imports before it forks: the science stack, the nodes, and AWS clients that have not yet connected."""

from node_containers.catalog import declarations
from node_containers.runtime import handler, settings
from node_containers.serving import handler as serving

declarations()
for service in ("s3", "dynamodb", "lambda"):
    settings.client(service)
for service in ("s3", "dynamodb"):
    serving._client(service)

__all__ = ["handler"]
