"""What is in the index: inputs, builds, looking after what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inlink.engine.protocol import Report, silent
from inlink.index.reports import AddReport, BuildReport, GcReport, InputState, RemoveReport, VerifyReport
from inlink.workbench.results import Status

if TYPE_CHECKING:
    pass
from inlink.workbench.opened import Opened


class Building(Opened):
    """What is in the index: inputs, builds, looking after what is stored."""

    def add(
        self, specs: Sequence[str], *, keep: bool = False, base_url: str | None = None, report: Report = silent
    ) -> AddReport:
        """Register inputs: files, folders, patterns, lists of paths, addresses. Nothing is built yet.

        base_url: where the entries of lists of paths are.
        """
        from inlink.workbench import upkeep

        return upkeep.add(self._home(), specs, keep=keep, base_url=base_url, report=report)

    def inputs(self) -> tuple[InputState, ...]:
        """Every input, and what of it is served."""
        from inlink.workbench import upkeep

        return upkeep.inputs(self._home())

    def remove(self, specs: Sequence[str]) -> RemoveReport:
        """Take inputs out, by name, folder or digest; the next build makes a snapshot without them."""
        from inlink.workbench import upkeep

        return upkeep.remove(self._home(), specs)

    def build(self, *, workers: int | None = None, report: Report = silent) -> BuildReport:
        """Extract what is new and serve a snapshot of all inputs; the next question reads it."""
        from inlink.workbench import upkeep

        done = upkeep.build(self._home(), workers=workers, report=report)
        self._let_go()
        return done

    def verify(self, *, report: Report = silent) -> VerifyReport:
        """Compare everything that is stored with its digests."""
        from inlink.workbench import upkeep

        return upkeep.verify(self._home(), report=report)

    def gc(self, *, keep: int | None = None, keep_releases: int | None = None) -> GcReport:
        """Remove old snapshots (all but the newest `keep`), parts of no input, copies kept too long and leftovers of
        imports; with `keep_releases` older releases too. Never what somebody reads or makes. Checks, looks and lines of
        the ledger go by `[retention]`.
        """
        from inlink.workbench import forgetting, upkeep

        found = upkeep.gc(self._home(), keep=keep, keep_releases=keep_releases)
        return forgetting.forget_old(self._home(), found)

    def status(self) -> Status:
        """What the workspace holds and serves."""
        from inlink.workbench import upkeep

        return upkeep.status(self._home())
