"""Scripts that pages load are those that were pinned, with their licences."""

from __future__ import annotations

import importlib.util
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def vendoring() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor_web", ROOT / "scripts" / "vendor_web.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_committed_files_are_as_pinned(vendoring: ModuleType) -> None:
    assert vendoring.differing() == []


def test_every_package_brings_its_licence(vendoring: ModuleType) -> None:
    for name, pins in vendoring.packages("pages").items():
        assert [file for file in pins["files"] if file.endswith("LICENSE.txt")], name
        assert pins["integrity"].startswith("sha512-"), name


def test_a_changed_file_is_noticed(vendoring: ModuleType, tmp_path: Path) -> None:
    for path in vendoring.VENDOR.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "htmx.min.js").write_bytes(b"//")
    (tmp_path / "new.js").write_bytes(b"//")
    (tmp_path / "uplot.min.css").unlink()
    assert vendoring.differing(tmp_path) == ["htmx.min.js", "new.js", "uplot.min.css"]


def test_what_npm_gives_is_refused_where_it_is_not_as_pinned(
    vendoring: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "x.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(ROOT / "LICENSE", "package/LICENSE")
    monkeypatch.setattr(vendoring, "pack", lambda *_: archive)
    pins = {"version": "1", "integrity": "sha512-x", "files": {"LICENSE": {"from": "LICENSE", "sha256": "x"}}}
    with pytest.raises(vendoring.WrongDigestError, match="npm gave"):
        vendoring.fetched("x", pins)
    pins["integrity"] = vendoring.integrity(archive.read_bytes())
    with pytest.raises(vendoring.WrongDigestError, match="not what is pinned"):
        vendoring.fetched("x", pins)


def test_scripts_need_no_network_of_others(vendoring: ModuleType) -> None:
    for path in vendoring.VENDOR.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "importScripts(" not in text
        assert "sourceMappingURL" not in text
