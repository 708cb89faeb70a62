"""`python -m infra.images [--base IMAGE]`: build node, task and serving image, and print their sizes."""

import argparse
import sys

from infra.figures import emit
from infra.images.build import AWS_BASE, BuildFailed, build_all, sizes
from infra.images.engine import NoEngine


def main() -> int:
    words = argparse.ArgumentParser(prog="make images", description="Build the container images with the engine at DOCKER_HOST.")
    words.add_argument("--base", default=AWS_BASE, help="the image to build on (default: %(default)s)")
    words.add_argument("--tag", default="local", help="label of the images (default: %(default)s)")
    arguments = words.parse_args()
    try:
        images = build_all(base=arguments.base, label=arguments.tag)
    except (NoEngine, BuildFailed) as reason:
        sys.stderr.write(f"flowza: {reason}\n")
        return 1
    for image in images:
        sys.stderr.write(f"flowza: {image.tag}  {image.id}\n")
    for figure in sizes(images):
        emit(figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
