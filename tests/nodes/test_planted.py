"""Defects planted in random files are found, every one with its line, and every other row comes back as it was written."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node_containers.reading import read_csv
from node_containers.reading.lines import EMPTY, HEADER_AGAIN, RAGGED

WORDS = ("Oslo", "São Tomé", "x y", "NA", "None", "007", "a,b", 'say "hi"', "two\nlines", "=1+1", "<b>", "été")
MAKE: dict[str, Any] = {
    "integer": lambda chance: chance.randint(-(2**62), 2**62),
    "number": lambda chance: round(chance.uniform(-1e6, 1e6), 4) + 0.00005,
    "text": lambda chance: chance.choice(WORDS),
    "boolean": lambda chance: chance.random() < 0.5,
    "datetime": lambda chance: f"20{chance.randint(10, 29)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
}


class Planted:
    """A file with its defects, and what must come of it."""

    def __init__(self, seed: int, where: Path) -> None:
        chance = random.Random(seed)
        # The last column is text, so that a row of numbers alone is never taken for the header.
        self.kinds = [*chance.choices(list(MAKE), k=chance.randint(1, 5)), "text"]
        self.names = [f"c{i}" for i in range(len(self.kinds))]
        self.delimiter = chance.choice(",;\t|")
        self.rows: list[list[Any]] = []
        self.ledger: dict[str, list[int]] = {}
        self.defects = 0
        self._lines = [self.delimiter.join(self.names)]
        self._strayed: set[int] = set()
        for _ in range(chance.randint(60, 140)):
            if chance.random() < 0.08:
                self._plant(chance)
            row = [MAKE[kind](chance) for kind in self.kinds]
            self.rows.append(row)
            self._lines.append(self.delimiter.join(self._cell(value) for value in row))
        self.path = where / "file.csv"
        end = chance.choice(["\n", "\r\n"])
        self.path.write_bytes(end.join(self._lines).encode() + (end.encode() if chance.random() < 0.5 else b""))

    def _cell(self, value: Any) -> str:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',;\t|"\n') else text

    def _plant(self, chance: random.Random) -> None:
        row = [self._cell(MAKE[kind](chance)) for kind in self.kinds]
        plain = [cell.replace("\n", " ") for cell in row]
        kind = chance.choice(["long", "short", "empty", "header", "stray"])
        if kind in ("long", "short") and len(self.ledger.get(RAGGED, ())) >= 2:
            kind = "empty"
        strays = [i for i, one in enumerate(self.kinds) if one != "text" and i not in self._strayed]
        if kind == "stray" and strays:
            column = chance.choice(strays)
            self._strayed.add(column)
            row[column] = chance.choice(["oops", "12x", "twelve"])
            self._add(f"a cell of “{self.names[column]}” that is no {self.kinds[column]}", self.delimiter.join(row))
        elif kind == "long":
            self._add(RAGGED, self.delimiter.join([*plain, "more"]))
        elif kind == "short":
            self._add(RAGGED, self.delimiter.join(plain[:-1]))
        elif kind == "header":
            self._add(HEADER_AGAIN, self._lines[0])
        else:
            self._add(EMPTY, "" if chance.random() < 0.5 else self.delimiter * (len(self.names) - 1))

    def _add(self, reason: str, line: str) -> None:
        self.defects += 1
        self.ledger.setdefault(reason, []).append("\n".join(self._lines).count("\n") + 2)
        self._lines.append(line)


@settings(deadline=None, max_examples=500)
@given(seed=st.integers(0, 2**32))
def test_every_planted_defect_is_in_the_ledger_with_its_line(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    planted = Planted(seed, tmp_path_factory.getbasetemp())
    found = read_csv(planted.path)
    assert {reason: aside.rows for reason, aside in found.aside.items()} == {reason: len(lines) for reason, lines in planted.ledger.items()}
    for reason, aside in found.aside.items():
        assert [line for line, _ in aside.lines] == planted.ledger[reason][:5], reason
    assert found.rows == len(planted.rows) == len(found.frame)
    assert [kind.type for kind in found.kinds] == planted.kinds
    for position, (name, kind) in enumerate(zip(planted.names, planted.kinds, strict=True)):
        cells = found.frame[name]
        read = cells.dt.strftime("%Y-%m-%d").tolist() if kind == "datetime" else cells.tolist()
        assert read == [row[position] for row in planted.rows]
