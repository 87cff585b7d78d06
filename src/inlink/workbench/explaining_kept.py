"""What questions about one scoring run leave for the next: the graph, places of pushes, targets' columns and rows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from inlink.graph.runs import Run
from inlink.store.workspace import Workspace

if TYPE_CHECKING:
    from inlink.graph.explain import Explained
    from inlink.graph.explain_walk import Walk
    from inlink.graph.what_if import Known
    from inlink.graph.what_if_forward import Forward
    from inlink.graph.what_if_row import TargetRow
    from inlink.kernels.push import Column
    from inlink.kernels.push_sweeps import Swept

COLUMNS = 4  # targets whose columns and rows are kept: 8 bytes a node each at most


class Kept:
    """Of the run that was asked last. Nothing in it changes an answer, only how soon it comes.

    Memory: of a large graph 28 bytes a node for places, 8 for weights, and the columns and rows. Questions about
    explanations take `turn`: places are used by one at a time.
    """

    def __init__(self) -> None:
        self.turn = threading.RLock()
        self._explained: Explained | None = None
        self._whole: Explained | None = None  # the same run with both directions, where the first has not
        self._forward: Forward | None = None
        self._columns: OrderedDict[int, Column | Swept] = OrderedDict()
        self._rows: dict[int, TargetRow] = {}

    def explained(self, workspace: Workspace, run: Run, *, whole: bool = False) -> Explained:
        """The run's graph, opened when another was asked before; `whole`: in both directions, which it must have.

        Of a run over a release of any size the flow is told without its lists. Raises: CorruptIndex.
        """
        from inlink.graph.explain import open_explained
        from inlink.graph.laid_explain import open_laid_explained

        known = self._explained
        if known is None or (known.run.folder, known.run.facts) != (run.folder, run.facts):
            self.forget()
            opened = open_laid_explained if run.facts.is_laid else open_explained
            self._explained = known = opened(workspace, run)
        if not whole or known.walk.outward is not None:
            return known
        if self._whole is None:
            self._whole = open_laid_explained(workspace, run, whole=True)
        return self._whole

    def column(self, explained: Explained, node: int) -> Column | Swept:
        """The column of a target that tells its origins; in a large graph its row is made with it, for what-ifs."""
        from inlink.graph.origins import column_of, is_large
        from inlink.graph.what_if import target_row

        if node not in self._columns:
            walk = explained.walk
            self._columns[node] = column = column_of(walk, node)
            if is_large(walk):
                self._rows[node] = target_row(walk, self._places(walk), column)
            while len(self._columns) > COLUMNS:
                self._rows.pop(self._columns.popitem(last=False)[0], None)
        self._columns.move_to_end(node)
        return self._columns[node]

    def known(self, explained: Explained, node: int) -> Known | None:
        """What a what-if begins with; None in a graph so small that it begins anew."""
        from inlink.graph.origins import is_large
        from inlink.graph.what_if import Known

        if not is_large(explained.walk):
            return None
        column = self.column(explained, node)
        return Known(self._places(explained.walk), column, self._rows.get(node))

    def _places(self, walk: Walk) -> Forward:
        from inlink.graph.what_if_forward import Forward

        if self._forward is None:
            self._forward = Forward(walk)
            self._forward.know_leaks()
            self._forward.touch()
        return self._forward

    def forget(self) -> None:
        """Let go of everything."""
        self._explained = self._whole = self._forward = None
        self._columns.clear()
        self._rows.clear()
