"""`make chaos`: one JSON line a figure; the exit code is 1 where one of them is not as it must be."""

import argparse
import sys
import time
from typing import Any

from infra.chaos import proofs
from infra.figures import Figure, emit, keep

PROOFS = ("kills", "writes", "faults")


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="python -m infra.chaos", description="Prove that Flowza survives kills and faults, on a cloud of its own."
    )
    main.add_argument("--only", choices=PROOFS, action="append", help="one proof (may be given several times; default: all three)")
    main.add_argument("--seed", type=int, default=1, help="of all that is random here (default: %(default)s)")
    main.add_argument("--parallel", type=int, default=8, help="runs, or writers, at a time (default: %(default)s)")
    main.add_argument("--runs", type=int, default=1_000, help="runs under kills (default: %(default)s)")
    main.add_argument("--kills", type=int, default=200, help="kills under runs (default: %(default)s)")
    main.add_argument("--write-kills", type=int, default=500, help="kills of emulator and server under writes (default: %(default)s)")
    main.add_argument("--fault-runs", type=int, default=200, help="runs over a bad line (default: %(default)s)")
    main.add_argument("--fault-rate", type=float, default=0.2, help="share of AWS calls that is spoilt (default: %(default)s)")
    main.add_argument("--slow", type=float, default=1.0, help="seconds by which a slow answer is late (default: %(default)s)")
    main.add_argument("--patience", type=float, default=900, help="seconds after which a run counts as stuck (default: %(default)s)")
    main.add_argument("--keep", action="store_true", help="put the figures on the page of benchmarks")
    return main


def main() -> int:
    options = parser().parse_args()
    began = time.perf_counter()

    def say(words: str) -> None:
        sys.stderr.write(f"chaos {time.perf_counter() - began:7.1f} s  {words}\n")

    figures: list[Figure] = []
    for name in options.only or PROOFS:
        say(f"proof: {name}")
        found = [figure._replace(command=f'make chaos ARGS="--only {name}"') for figure in prove(name, options, say)]
        for figure in found:
            emit(figure)
        if options.keep:
            keep("Survival", found)
        figures += found
    bad = [figure.id for figure in figures if not figure.ok]
    say(f"not ok: {', '.join(bad)}" if bad else "all ok")
    return 1 if bad else 0


def prove(name: str, options: Any, say: Any) -> list[Figure]:
    shared: dict[str, Any] = {"seed": options.seed, "parallel": options.parallel, "patience": options.patience, "say": say}
    if name == "kills":
        return proofs.runs_under_kills(runs=options.runs, kills=options.kills, **shared)
    if name == "writes":
        return proofs.writes_under_kills(kills=options.write_kills, **shared)
    return proofs.runs_under_faults(runs=options.fault_runs, rate=options.fault_rate, slow=options.slow, **shared)


if __name__ == "__main__":
    sys.exit(main())
