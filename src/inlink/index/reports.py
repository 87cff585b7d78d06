"""What adding, building, verifying and cleaning up have done: plain results that cost nothing to import."""

from __future__ import annotations

from dataclasses import dataclass, field

from inlink.errors import BadInput, InlinkError
from inlink.store.inputs import Input
from inlink.store.workspace import Added


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of each input; `refused` are the errors of those that cannot be used."""

    added: tuple[Added, ...]
    refused: tuple[BadInput, ...]

    def count(self, outcome: str) -> int:
        """How many inputs were added, known or a copy."""
        return sum(one.outcome == outcome for one in self.added)


@dataclass(frozen=True, slots=True)
class InputState:
    """One input, and what of it is served.

    state: served; waiting (the next build reads it); removed (the served snapshot still has it, the next has not)
    n_captures, n_links: what the served snapshot's part holds; null where it is not served
    place: where it is read from; kept_until: when the workspace's own copy of it was removed, else null
    """

    digest: str
    state: str
    format: str
    size_bytes: int | None
    n_captures: int | None
    n_links: int | None
    name: str
    copies: tuple[str, ...] = ()
    place: str | None = None
    kept_until: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveReport:
    """What was taken out of the register.

    n_left: inputs that are left; n_served: how many of the removed the served snapshot still has
    n_copies: the workspace's own copies of them that were removed at once, as no snapshot has them
    n_stranded: pages that inputs which are left say are unchanged, and whose links the removed ones alone hold
    """

    removed: tuple[Input, ...]
    n_left: int
    n_served: int
    n_copies: int = 0
    n_stranded: int = 0


@dataclass(frozen=True, slots=True)
class BadPart:
    """One input that gave no part."""

    name: str
    digest: str
    reason: str
    error: InlinkError


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    outcome:  built (a new snapshot is served), unchanged (nothing to do), restored (a snapshot that was there is
              served again)
    n_extracted, n_reused: inputs whose part was made now, or was there
    errors:   bad records of all parts of the snapshot, by reason; examples as in part.json
    failed:   inputs that could not be read at all; the snapshot is without them
    """

    outcome: str
    snapshot: str
    n_inputs: int
    n_extracted: int
    n_reused: int
    n_captures: int
    n_links: int
    rows: dict[str, int]
    errors: dict[str, int]
    examples: dict[str, list[dict[str, object]]]
    failed: tuple[BadPart, ...] = ()
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked, and every fault that was found: empty where all is sound."""

    n_parts: int
    n_snapshots: int
    faults: tuple[str, ...]
    n_runs: int = 0
    n_releases: int = 0


@dataclass(frozen=True, slots=True)
class GcReport:
    """What was removed, what was kept though it is old (a reader holds it open), and the bytes that came free.

    n_copies: the workspace's own copies of inputs (`add --keep`) that nothing needs any more, or that are too old
    releases: what unfinished imports of web graphs left, and releases that were not to be kept
    n_checks, n_looks, n_asked: checks, looks of the monitor and lines of the ledger that were too old
    """

    snapshots: tuple[str, ...]
    in_use: tuple[str, ...]
    n_parts: int
    freed_bytes: int
    runs: tuple[str, ...] = ()
    n_copies: int = 0
    releases: tuple[str, ...] = ()
    n_checks: int = 0
    n_looks: int = 0
    n_asked: int = 0
