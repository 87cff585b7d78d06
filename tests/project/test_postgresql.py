"""PostgreSQL is found, installed from the system's packages where that is possible, or its absence is said."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
APT = """#!/bin/sh
echo "$1" >> {folder}/log
if [ "$1" = install ] && [ -e {folder}/fresh ]; then
    mkdir -p {folder}/15/bin
    for name in initdb postgres; do printf '#!/bin/sh\\n' > {folder}/15/bin/$name; chmod +x {folder}/15/bin/$name; done
elif [ "$1" = update ]; then touch {folder}/fresh
else exit 100
fi
"""


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Only this folder is on PATH and has Debian's versions, with the few tools that a fake apt-get needs."""
    for tool in ("sh", "touch", "chmod", "mkdir"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.delenv("INLINK_POSTGRESQL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    module = importlib.import_module("postgresql")
    monkeypatch.setattr(module, "DEBIAN", tmp_path)
    return module


def put(path: Path, text: str = "#!/bin/sh\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_the_newest_that_runs_is_taken(setup: ModuleType, tmp_path: Path) -> None:
    for version, text in (("9.6", "#!/bin/sh\n"), ("15", "#!/bin/sh\n"), ("16", "#!/bin/sh\nexit 1\n")):
        for name in setup.NEEDED:
            put(tmp_path / version / "bin" / name, text)
    assert setup.find() == str(tmp_path / "15" / "bin")
    assert setup.ensure() is None


def test_a_named_folder_alone_counts(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in setup.NEEDED:
        put(tmp_path / "15" / "bin" / name)
    monkeypatch.setenv("INLINK_POSTGRESQL", str(tmp_path / "elsewhere"))
    assert "names no folder" in setup.ensure()


@pytest.mark.parametrize(("user", "calls"), [(0, ["install", "update", "install"]), (1000, [])], ids=["root", "other"])
def test_it_is_installed_or_told_how(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, calls: list[str]
) -> None:
    put(tmp_path / "apt-get", APT.format(folder=tmp_path))
    monkeypatch.setattr(setup.debian.os, "geteuid", lambda: user)
    said = setup.ensure()
    log = tmp_path / "log"
    assert (log.read_text().split() if log.exists() else []) == calls
    assert (said is None) if calls else ("as root: apt-get install postgresql" in said)
