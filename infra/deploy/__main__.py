"""`python -m infra.deploy up | down | doctor`: what `make deploy` and `make destroy` run."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import backup, doctor, images, site
from infra.deploy.down import destroy, listing
from infra.deploy.target import Refused, client
from infra.deploy.up import Wishes, deploy


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="python -m infra.deploy", description="Flowza on AWS: one command up, one command down. AWS_ENDPOINT_URL may name an emulator."
    )
    commands = main.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--stage", required=True, help="name of the deployment: lower-case letters and digits, at most 16")
    up = commands.add_parser("up", parents=[shared], help="deploy the stage, or bring it up to date")
    for image in ("node", "task", "serving"):
        up.add_argument(
            f"--{image}-image", metavar="URI", help=f"an image that is in a registry already, in place of building the {image} image"
        )
    up.add_argument("--alert-email", default="", metavar="ADDRESS", help="where alarms write to; without it there are none")
    up.add_argument("--notice-email", default="", metavar="ADDRESS", help="who gets what Notify nodes say by mail, once it has confirmed")
    up.add_argument("--dashboard", action="store_true", help="a dashboard in CloudWatch ($3 a month where an account has three already)")
    up.add_argument("--monthly-budget", type=int, default=0, metavar="USD", help="write when the account spends more than this a month")
    up.add_argument("--public-url", default="", metavar="URL", help="the origin people use, where it is not CloudFront's own")
    up.add_argument("--package", type=Path, metavar="DIR", help="a folder that `make package` has written, in place of packaging now")
    up.add_argument("--canvas", type=Path, default=site.DIST, metavar="DIR", help="a folder with the built canvas (default: frontend/dist)")
    up.add_argument("--no-smoke", action="store_true", help="do not run the smoke test")
    down = commands.add_parser("down", parents=[shared], help="destroy the stage; its data stays unless told")
    down.add_argument(
        "--data", choices=("keep", "delete"), default="keep", help="what becomes of tables, bucket and users (default: %(default)s)"
    )
    down.add_argument("--yes", action="store_true", help="do not ask")
    for verb, words in (("backup", "copy the stage's data into a folder"), ("restore", "put a backup's data back into the stage")):
        copy = commands.add_parser(verb, parents=[shared], help=words)
        copy.add_argument("folder", type=Path, metavar="DIR")
    commands.add_parser("redrive", parents=[shared], help="try the stage's dead letters again")
    look = commands.add_parser("doctor", parents=[shared], help="say what stands in the way of a deployment")
    look.add_argument("--no-images", action="store_true", help="the images are in a registry already: no Docker is needed")
    return main


def main(words: list[str] | None = None) -> int:
    arguments = parser().parse_args(words)
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"flowza: {time.monotonic() - began:6.1f} s  {text}\n")

    verbs: dict[str, Callable[[argparse.Namespace, Callable[[str], None]], int]] = {
        "up": _up,
        "down": _down,
        "doctor": _doctor,
        "backup": _backup,
        "restore": _backup,
        "redrive": _redrive,
    }
    try:
        return verbs[arguments.command](arguments, say)
    except Refused as reason:
        for line in str(reason).splitlines():
            sys.stderr.write(f"flowza: {line}\n")
    except ClientError as refused:
        error, call = refused.response["Error"], refused.operation_name
        sys.stderr.write(
            f"flowza: AWS refused {call}: {error.get('Message', '')} ({error.get('Code')}). The user needs the rights of docs/deploy.md.\n"
        )
    except BotoCoreError as broken:
        sys.stderr.write(f"flowza: AWS did not answer: {broken}. Run it again: what is done already is taken.\n")
    except subprocess.CalledProcessError as failed:
        sys.stderr.write(f"flowza: packaging failed: {failed.stderr or failed.stdout or failed}\n")
    return 1


def _up(arguments: argparse.Namespace, say: Callable[[str], None]) -> int:
    named = {name: getattr(arguments, f"{name}_image") for name in ("node", "task", "serving")}
    wishes = Wishes(
        images.given(named),
        arguments.alert_email,
        arguments.notice_email,
        arguments.dashboard,
        arguments.monthly_budget,
        arguments.public_url,
        arguments.package,
        arguments.canvas,
        not arguments.no_smoke,
    )
    sys.stdout.write(deploy(doctor.identify(arguments.stage), wishes, say) + "\n")
    return 0


def _down(arguments: argparse.Namespace, say: Callable[[str], None]) -> int:
    def confirm(doomed: dict[str, list[str]]) -> bool:
        sys.stderr.write(f"flowza: this deletes {listing(doomed)}.\n")
        return bool(arguments.yes) or input(f"Type the name of the stage to go on ({arguments.stage}): ") == arguments.stage

    left = destroy(doctor.identify(arguments.stage), delete_data=arguments.data == "delete", confirm=confirm, say=say)
    say(f"gone; kept as told: {listing(left)}" if left else "gone; nothing is left")
    return 0


def _doctor(arguments: argparse.Namespace, say: Callable[[str], None]) -> int:
    target = doctor.identify(arguments.stage)
    problems = doctor.examine(target, build_images=not arguments.no_images)
    for problem in problems:
        sys.stderr.write(f"flowza: {problem}\n")
    if not problems:
        say(f"nothing stands in the way of {target.stack} in {target.account}, {target.region}")
    return 1 if problems else 0


def _backup(arguments: argparse.Namespace, say: Callable[[str], None]) -> int:
    action = backup.save if arguments.command == "backup" else backup.restore
    action(doctor.identify(arguments.stage), arguments.folder, say)
    return 0


def _redrive(arguments: argparse.Namespace, say: Callable[[str], None]) -> int:
    target = doctor.identify(arguments.stage)
    answer = client("lambda").invoke(FunctionName=f"flowza-{target.stage}-platform", Payload=b'{"redrive": true}')
    counts = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Refused(f"The platform function failed: {counts.get('errorMessage')}. Look at its log.")
    say(
        f"{counts['delivered']} delivered, {counts['failed']} failed again and stay, {counts['put_aside']} put aside in o/_platform/dead-letters/"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
