"""Notes of answers as the command line says them: with its own options, not with the words of the Python API."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHOWS = re.compile(r"\b(infrastructure|embeds|state)=([a-z]+)(?= shows )")


def with_options(notes: Iterable[str]) -> list[str]:
    """`embeds=true shows them` becomes `--embeds shows them`, `state=lost shows` becomes `--state lost shows`."""
    return [_SHOWS.sub(_option, note) for note in notes]


def _option(found: re.Match[str]) -> str:
    name, value = found.groups()
    return f"--{name}" if value == "true" else f"--{name} {value}"
