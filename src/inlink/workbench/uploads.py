"""What people upload: kept in the workspace's uploads/ until a job has taken it into the archive."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from inlink.errors import BadInput
from inlink.store.disk import told_when_full

FOLDER = "uploads"
_KEPT = re.compile(r"[^A-Za-z0-9._-]+")
_NAME = re.compile(r"[0-9a-f]{12}-[A-Za-z0-9._-]{1,80}\Z")


def upload_path(folder: Path, name: str) -> Path:
    """Where an upload of this name lies. Raises: BadInput for a name that no upload has."""
    if not _NAME.match(name):
        raise BadInput(f"there is no upload {name!r}", hint="upload the file again")
    return folder / FOLDER / name


def save_upload(folder: Path, name: str, chunks: Iterable[bytes], *, most: int) -> str:
    """Keep what comes; gives its name. Raises: BadInput where it is empty or too large, and nothing is kept."""
    plain = _KEPT.sub("-", Path(name.replace("\\", "/")).name).strip("-.")[-80:] or "upload"
    path = folder / FOLDER / f"{secrets.token_hex(6)}-{plain}"
    path.parent.mkdir(exist_ok=True)
    n_bytes = 0
    try:
        with told_when_full(folder), path.open("wb") as file:
            for chunk in chunks:
                n_bytes += len(chunk)
                if n_bytes > most:
                    raise BadInput(
                        f"{name} is larger than {most / 2**20:,.0f} MiB",
                        hint="put it on the server and name its path, or give its address",
                    )
                file.write(chunk)
        if not n_bytes:
            raise BadInput(f"{name or 'the file'} is empty", hint="choose a file with something in it")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path.name
