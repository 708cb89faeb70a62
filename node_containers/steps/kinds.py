"""Steps that mean all columns of a kind: the training rows tell which those are."""

from collections.abc import Callable, Sequence

from node_containers.cells import Cells, Target, Working, is_text
from node_containers.steps.action import Action
from node_containers.steps.encoding import is_prose
from node_containers.steps.stateless import USUAL_PARTS, parts_of


def is_instant(cells: Cells) -> bool:
    return cells.kind == "datetime"


KINDS: dict[str, Callable[[Cells], bool]] = {"text": is_text, "prose": is_prose, "datetime": is_instant}


class Dates(Action):
    """Parts of every column of dates in the place of it; a part whose name is taken gets another."""

    def __init__(self, parts: Sequence[str] = USUAL_PARTS) -> None:
        self.parts = parts

    def learn(self, working: Working, target: Target | None) -> None:
        dates = [name for name, cells in working.cells.items() if is_instant(cells)]
        self.names_ = {name: {part: working.free(f"{name}_{part}") for part in self.parts} for name in dates}

    def apply(self, working: Working) -> None:
        for name, names in self.names_.items():
            if name in working.cells:
                taken = parts_of(working.cells.pop(name), self.parts)
                working.cells.update({names[part]: cells for part, cells in taken.items()})


class LeaveOut(Action):
    """Take out all columns of a kind: `text`, `prose` (long, free text) or `datetime`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def learn(self, working: Working, target: Target | None) -> None:
        self.names_ = [name for name, cells in working.cells.items() if KINDS[self.kind](cells)]

    def apply(self, working: Working) -> None:
        for name in self.names_:
            working.cells.pop(name, None)
