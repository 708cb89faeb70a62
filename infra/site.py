"""`make docs`: the pages of `docs/` as a site in `docs/_build`. A link that leads nowhere, or a page in no table of contents, fails it."""

import subprocess
import sys

from infra.environments import ROOT, environment


def main() -> int:
    source, built = ROOT / "docs", ROOT / "docs" / "_build"
    command = [str(environment("docs") / "python"), "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(source), str(built)]
    code = subprocess.run(command, check=False).returncode
    if code == 0:
        sys.stderr.write(f"flowza: The docs are at {(built / 'index.html').relative_to(ROOT)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
