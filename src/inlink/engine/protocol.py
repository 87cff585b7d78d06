"""What an engine does: the two heavy steps, wherever they run, and the SQL between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from inlink.errors import InlinkError

if TYPE_CHECKING:
    from inlink.engine.session import Session


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is. `total` is None where nobody knows; `note` names what is being worked on."""

    stage: str
    done: int
    total: int | None
    unit: str
    note: str = ""


Report = Callable[[Progress], None]


class Tell(Protocol):
    """What a function that an engine runs says on its way: how much of its weight is done, or which step it takes."""

    def __call__(self, done: int, note: str = "", total: int | None = None) -> None:
        """Done so far; with a note, of `total` steps."""
        ...


def silent(progress: Progress) -> None:
    """Take no notice."""


@dataclass(frozen=True, slots=True)
class Task:
    """One input of a pure function. Tasks of one run have different keys; heavier ones start first."""

    key: str
    argument: Any
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: a value or an error, never both."""

    task: Task
    value: Any = None
    error: InlinkError | None = None


class Engine(Protocol):
    """Where heavy work runs. What comes out depends neither on the engine nor on how many workers it has."""

    @property
    def workers(self) -> int:
        """How many things are done at once."""
        ...

    @property
    def memory_bytes(self) -> int:
        """What all processes of this machine may take together."""
        ...

    def map(self, function: str, tasks: Sequence[Task], report: Report = silent, stage: str = "") -> Iterator[Outcome]:
        """`package.module:name` applied to each task, as they finish; the failure of one is an outcome.

        The function takes the argument and a `Tell`. It must be idempotent: where a worker dies, the task is run once
        more.
        """
        ...

    def session(self, folder: Path) -> AbstractContextManager[Session]:
        """SQL over Parquet files, with room for intermediate tables in `folder`; it arranges tables by key."""
        ...
