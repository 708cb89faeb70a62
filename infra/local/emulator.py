"""The emulator process: MiniStack on one loopback port, its DynamoDB writes journalled."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

# MiniStack 1.5.33 (pinned) lets every execution wait this long before its first state.
START_DELAY_SECONDS = 0.15


class PromptTime:
    """The `time` module as the emulator's Step Functions see it: without the pause before an execution, which is a third of a small run."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        if seconds != START_DELAY_SECONDS:
            time.sleep(seconds)


def main() -> None:
    """`python -m infra.local.emulator STATE PORT`."""
    from infra.local import lifeline

    state, port = Path(sys.argv[1]), sys.argv[2]
    lifeline.hold()
    os.environ.update(
        GATEWAY_PORT=port,
        BIND_HOST="127.0.0.1",
        S3_PERSIST="1",
        S3_DATA_DIR=str(state / "s3"),
        STATE_DIR=str(state / "emulator"),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL="WARNING",
        CLOUDTRAIL_RECORDING="0",
    )
    # The emulator talks to nobody: its own SDK calls must not come back to it by the endpoint variable of this tree.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app
    from ministack.services import stepfunctions

    from infra.local.journal import Journal, journalled

    stepfunctions.time = PromptTime()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 120
    config.loglevel = "WARNING"
    config.startup_timeout = 600
    journal = Journal(state / "journal.sqlite", survive_power_cut=os.environ.get("FLOWZA_SURVIVE_POWER_CUT") == "1")
    wrapped: Any = journalled(app, journal)
    asyncio.run(serve(wrapped, config))


if __name__ == "__main__":
    main()
