"""A stage as a Fargate task: what it is told, and how the first process of its container names the death of the second."""

import signal

import pytest

from node_containers.runtime import container, task
from node_containers.runtime.stopping import STOPPED_EXIT


def test_the_order_comes_from_the_environment() -> None:
    told = {
        "FLOWZA_TASK_RUN": "run_1",
        "FLOWZA_TASK_STAGE": "s1",
        "FLOWZA_TASK_ITEM": '{"number": 3}',
        "FLOWZA_TASK_TOKEN": "t",
        "PATH": "/bin",
    }
    assert task.invocation(told) == {"run": "run_1", "stage": "s1", "item": {"number": 3}}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0, None),
        (STOPPED_EXIT, None),
        (-signal.SIGKILL, "Runtime.OutOfMemory"),
        (-signal.SIGSEGV, "Runtime.ExitError"),
        (1, "Runtime.ExitError"),
    ],
)
def test_a_death_without_a_word_gets_the_name_that_lambda_would_give_it(code: int, name: str | None) -> None:
    died = container.death(code)
    assert (died and died[0]) == name
