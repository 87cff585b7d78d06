"""Names by node, all of them: blocks of some thousand, each of frames that are unpacked one by one."""

from __future__ import annotations

import numpy as np

from inlink.errors import CorruptIndex
from inlink.graph.blocks.coded import Beginnings, Called, unpack_called

_HINT = "the release is damaged: fetch or convert it again"


class CalledBlock:
    """The names of `size` nodes in a row. A frame, of `per_frame`, is unpacked when one of its names is asked for."""

    def __init__(self, payload: bytes, size: int, per_frame: int, beginnings: Beginnings) -> None:
        """Raises: CorruptIndex."""
        n_frames = -(-size // per_frame)
        if len(payload) < 4 * n_frames:
            raise CorruptIndex("a block of names is cut", hint=_HINT)
        lengths = np.frombuffer(payload, np.uint32, n_frames)
        self._ends: list[int] = (np.cumsum(lengths, dtype=np.int64) + 4 * n_frames).tolist()
        if self._ends[-1] != len(payload):
            raise CorruptIndex("a block of names has other parts than it should", hint=_HINT)
        self._starts = [4 * n_frames, *self._ends]
        self._payload, self._size, self._per_frame, self._beginnings = payload, size, per_frame, beginnings
        self._frames: dict[int, Called] = {}

    def name(self, which: int) -> tuple[bytes, int]:
        """The name of a node of the block, and how many of the same rank stand behind it. Raises: CorruptIndex."""
        frame, at = divmod(which, self._per_frame)
        called = self._frames.get(frame)
        if called is None:
            data = self._payload[self._starts[frame] : self._ends[frame]]
            size = min(self._per_frame, self._size - frame * self._per_frame)
            called = self._frames[frame] = unpack_called(data, size, self._beginnings)
        return called.raw(at), called.behind(at)
