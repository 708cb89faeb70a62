"""`python -m infra.local up | demo | reset`."""

import argparse
import shutil
import sys
from pathlib import Path

from infra.local.layout import DEFAULT_PORT, default_state

HIGHEST_PORT = 65_535


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="python -m infra.local", description="The embedded cloud: Flowza on this machine, without Docker and without an AWS account."
    )
    commands = main.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="where data is kept (default: %(default)s)")
    up = commands.add_parser("up", parents=[shared], help="start everything and stay until Ctrl-C")
    up.add_argument("--port", type=port, default=DEFAULT_PORT, help="the port people use (default: %(default)s; 0 takes a free one)")
    up.add_argument("--no-open", action="store_true", help="do not open a browser")
    up.add_argument(
        "--docker", action="store_true", help="run functions and tasks in the real images (make images), with the engine at DOCKER_HOST"
    )
    up.add_argument("--verbose", action="store_true", help="say what starts when")
    demo = commands.add_parser("demo", parents=[shared], help="Titanic from the terminal: run, register, deploy, predict")
    demo.add_argument("--fresh", action="store_true", help="run every node, even where its result is there already")
    reset = commands.add_parser("reset", parents=[shared], help="delete all data of the embedded cloud")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    return main


def port(text: str) -> int:
    """A port people can use, or 0."""
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {HIGHEST_PORT}, not {text}")
    return int(text)


def main() -> int:
    arguments = parser().parse_args()
    state = arguments.state.resolve()
    if arguments.command == "up":
        from infra.local.supervisor import up

        return up(state, arguments.port, open_browser=not arguments.no_open, verbose=arguments.verbose, docker=arguments.docker)
    if arguments.command == "demo":
        from infra.local.demo import demo

        return demo(state, fresh=arguments.fresh)
    return reset(state, sure=arguments.yes)


def reset(state: Path, *, sure: bool) -> int:
    """Delete the state folder, after asking."""
    if not (state / "journal.sqlite").exists():
        sys.stdout.write(f"There is no data at {state}.\n")
        return 0
    if (state / "instance.json").exists():
        sys.stderr.write(f"flowza: Flowza is running on {state}; stop it first\n")
        return 1
    if not (sure or _agreed(state)):
        sys.stderr.write("flowza: nothing was deleted; --yes deletes without asking\n")
        return 1
    shutil.rmtree(state)
    sys.stdout.write(f"Deleted {state}.\n")
    return 0


def _agreed(state: Path) -> bool:
    """Asked at the terminal; where there is none, nobody has agreed."""
    if not sys.stdin.isatty():
        return False
    return input(f"Delete all workflows, runs, models and datasets in {state}? Type yes: ").strip() == "yes"


if __name__ == "__main__":
    sys.exit(main())
