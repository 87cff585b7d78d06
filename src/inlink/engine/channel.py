"""Messages between the engine and its workers: pickles with their length, over pipes of our own child processes."""

from __future__ import annotations

import pickle
import struct
from typing import IO, Any

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message. Raises: OSError where the other side is gone."""
    text = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(text)) + text)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """The next message. Raises: EOFError where the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    text = stream.read(length)
    if len(text) < length:
        raise EOFError
    return pickle.loads(text)  # noqa: S301 only ever from a child of ours, or its parent
