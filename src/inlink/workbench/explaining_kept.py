"""What questions about one scoring run leave for the next: the opened graph, places of pushes, targets' columns."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from inlink.graph.runs import Run
from inlink.store.workspace import Workspace

if TYPE_CHECKING:
    from inlink.graph.explain import Explained
    from inlink.graph.what_if import Known
    from inlink.graph.what_if_forward import Forward
    from inlink.kernels.push import Column
    from inlink.kernels.push_sweeps import Swept

COLUMNS = 4  # targets whose columns are kept: 4 bytes a node each at most


class Kept:
    """Of the run that was asked last. Nothing in it changes an answer, only how soon it comes.

    Memory: of a large graph 24 bytes a node for places, 8 for weights, and the columns. Questions about explanations
    take `turn`: places are used by one at a time.
    """

    def __init__(self) -> None:
        self.turn = threading.RLock()
        self._explained: Explained | None = None
        self._forward: Forward | None = None
        self._columns: OrderedDict[int, Column | Swept] = OrderedDict()

    def explained(self, workspace: Workspace, run: Run) -> Explained:
        """The run's graph, opened when another was asked before. Raises: CorruptIndex."""
        from inlink.graph.explain import open_explained
        from inlink.graph.laid_explain import open_laid_explained

        known = self._explained
        if known is None or (known.run.folder, known.run.facts) != (run.folder, run.facts):
            self.forget()
            opened = open_laid_explained if run.facts.is_laid else open_explained
            self._explained = known = opened(workspace, run)
        return known

    def column(self, explained: Explained, node: int) -> Column | Swept:
        """The column of a target that tells its origins."""
        from inlink.graph.origins import column_of

        if node not in self._columns:
            self._columns[node] = column_of(explained.walk, node)
            while len(self._columns) > COLUMNS:
                self._columns.popitem(last=False)
        self._columns.move_to_end(node)
        return self._columns[node]

    def known(self, explained: Explained, node: int) -> Known | None:
        """What a what-if begins with; None in a graph so small that it begins anew."""
        from inlink.graph.origins import is_large
        from inlink.graph.what_if import Known
        from inlink.graph.what_if_forward import Forward

        if not is_large(explained.walk):
            return None
        if self._forward is None:
            self._forward = Forward(explained.walk)
            self._forward.know_leaks()
        return Known(self._forward, self.column(explained, node))

    def forget(self) -> None:
        """Let go of everything."""
        self._explained = self._forward = None
        self._columns.clear()
