"""Chromium is found, installed from the system's packages where that is possible, or its absence is said."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
APT = """#!/bin/sh
echo "$1" >> {log}
case "$1" in
    install) {install} ;;
    update) touch {folder}/fresh ;;
esac
"""
WORKS = "printf '#!/bin/sh\\n' > {folder}/chromium; chmod +x {folder}/chromium"
NEEDS_UPDATE = f"[ -e {{folder}}/fresh ] || exit 100; {WORKS}"
FAILS = "exit 100"


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.delenv("INLINK_CHROMIUM", raising=False)
    return importlib.import_module("browser")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, with the few tools that a fake apt-get needs."""
    for tool in ("sh", "touch", "chmod"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_apt(folder: Path, install: str) -> Path:
    log = folder / "log"
    body = APT.format(log=log, install=install.format(folder=folder), folder=folder)
    (folder / "apt-get").write_text(body)
    (folder / "apt-get").chmod(0o755)
    return log


def test_a_browser_that_is_there_is_taken(browser: ModuleType, folder: Path) -> None:
    (folder / "google-chrome").write_text("#!/bin/sh\n")
    (folder / "google-chrome").chmod(0o755)
    assert browser.find() == str(folder / "google-chrome")
    assert browser.ensure() is None


def test_a_stub_that_does_not_start_is_passed_over(browser: ModuleType, folder: Path) -> None:
    """Ubuntu's chromium-browser only says that it is to be had elsewhere."""
    for name, code in (("chromium-browser", 1), ("google-chrome", 0)):
        (folder / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (folder / name).chmod(0o755)
    assert browser.find() == str(folder / "google-chrome")
    (folder / "google-chrome").unlink()
    assert browser.find() is None


@pytest.mark.parametrize(
    ("install", "calls", "note"),
    [
        pytest.param(WORKS, ["install"], None, id="at once"),
        pytest.param(NEEDS_UPDATE, ["install", "update", "install"], None, id="after an update of the lists"),
        pytest.param(FAILS, ["install", "update", "install"], "apt-get install chromium failed", id="not at all"),
    ],
)
def test_root_installs_it(
    browser: ModuleType,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    install: str,
    calls: list[str],
    note: str | None,
) -> None:
    log = put_apt(folder, install)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    said = browser.ensure()
    assert log.read_text().split() == calls
    assert said is None if note is None else note in said


def test_others_are_told_how(browser: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = put_apt(folder, WORKS)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    assert "as root: apt-get install chromium" in browser.ensure()
    assert not log.exists()


def test_without_apt_the_note_says_so(browser: ModuleType, folder: Path) -> None:
    assert "INLINK_CHROMIUM" in browser.ensure()
