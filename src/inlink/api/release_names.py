"""Which releases may be named from outside: those of the workspace, and addresses; never a folder of this machine."""

from __future__ import annotations

import re

from pydantic import Field

from inlink.errors import BadInput
from inlink.workbench.jobs_kinds import RELEASE_NAME
from inlink.workbench.who import KINDS

RELEASE = Field(
    description="A converted release: its name here, or (editors) an http(s) address. Default: the newest here."
)
RELEASE_HERE = Field(description="A converted release by its name here. Default, where kind is given: the newest here.")
KIND = f"Its graph of {KINDS[0]}s, or that of {KINDS[1]}s."
_ADDRESS = re.compile(r"https?://[^/]", re.IGNORECASE)
_NAME = re.compile(RELEASE_NAME)


def release_of(text: str | None, *, addresses: bool = True) -> str | None:
    """The release that a request names. Raises: BadInput for anything but a name or an address."""
    if text is None or _NAME.fullmatch(text):
        return text
    if addresses and _ADDRESS.match(text):
        return text
    raise BadInput(
        f"{text[:200]!r} is not the name of a release", hint="GET /api/v1/releases lists those that are here"
    )


def mirror_of(text: str | None) -> str | None:
    """The mirror that a request names. Raises: BadInput for anything but an address: no folder of this machine."""
    if text is None or _ADDRESS.match(text):
        return text
    raise BadInput(f"{text[:200]!r} is no address", hint="write http:// or https://, or leave `from` out")
