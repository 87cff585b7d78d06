"""The environment is made from whatever installer there is."""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIND_PYTHON = ROOT / "scripts" / "find_python.sh"


@pytest.fixture
def pip_wheel(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("pip_wheel")


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("bootstrap")


def find_python(**env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k != "INLINK_PYTHON"}
    return subprocess.run(["sh", str(FIND_PYTHON)], env={**clean, **env}, capture_output=True, text=True)


def fake_python(folder: Path, name: str, *, code: int) -> Path:
    """A command that answers every call with an exit code, as the version check needs."""
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_the_newest_supported_python_of_the_path_is_found(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.13", code=1)
    fake_python(tmp_path, "python3.12", code=0)
    fake_python(tmp_path, "python3", code=0)
    assert find_python(PATH=f"{tmp_path}:/usr/bin:/bin").stdout == "python3.12\n"


def test_a_named_python_goes_first() -> None:
    assert find_python(INLINK_PYTHON=sys.executable).stdout == f"{sys.executable}\n"


def test_an_old_python_is_refused_with_a_hint(tmp_path: Path) -> None:
    done = find_python(INLINK_PYTHON=str(fake_python(tmp_path, "python3.10", code=1)))
    assert done.returncode == 1
    assert done.stderr.startswith("error: found no Python of at least 3.11")
    assert "\nhint: " in done.stderr


def test_the_newest_pip_wheel_on_disk_is_taken(pip_wheel: ModuleType, tmp_path: Path) -> None:
    for version in ("9.0.3", "23.0.1", "23.1"):
        (tmp_path / f"pip-{version}-py3-none-any.whl").touch()
    assert pip_wheel.on_disk((str(tmp_path), str(tmp_path / "absent"))).name == "pip-23.1-py3-none-any.whl"
    assert pip_wheel.on_disk(()) is None


@pytest.mark.parametrize(
    ("page", "best"),
    [
        pytest.param("", None, id="empty page"),
        pytest.param('<a href="pip-24.0-py3-none-any.whl">no digest</a>', None, id="no digest"),
        pytest.param(
            '<a href="../pip-9.0-py3-none-any.whl#sha256=aa">9</a><a href="pip-24.1-py3-none-any.whl#sha256=bb">24</a>',
            "file:///index/pip/pip-24.1-py3-none-any.whl#sha256=bb",
            id="newest",
        ),
        pytest.param(
            '<a href="pip-25.0b1-py3-none-any.whl#sha256=aa">beta</a><a href="pip-9-py3-none-any.whl#sha256=bb">9</a>',
            "file:///index/pip/pip-9-py3-none-any.whl#sha256=bb",
            id="no pre-release",
        ),
    ],
)
def test_the_best_link_of_an_index_page(pip_wheel: ModuleType, page: str, best: str | None) -> None:
    assert pip_wheel.best_link(page, "file:///index/pip/") == best


def make_index(folder: Path, digest: str) -> str:
    page = folder / "simple" / "pip"
    page.mkdir(parents=True)
    (page / "pip-24.0-py3-none-any.whl").write_bytes(b"a wheel")
    (page / "index.html").write_text(f'<a href="pip-24.0-py3-none-any.whl#sha256={digest}">pip</a>')
    return (folder / "simple").as_uri()


def served(pip_wheel: ModuleType, monkeypatch: pytest.MonkeyPatch, index: str) -> None:
    """An index without a server: file URLs have no index.html of their own."""
    read = pip_wheel.read
    monkeypatch.setattr(pip_wheel, "read", lambda url: read(url + "index.html" if url.endswith("/") else url))
    monkeypatch.setenv("PIP_INDEX_URL", index)


def test_a_wheel_of_a_named_index_is_checked_against_its_digest(
    pip_wheel: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served(pip_wheel, monkeypatch, make_index(tmp_path, hashlib.sha256(b"a wheel").hexdigest()))
    assert pip_wheel.from_named_index(tmp_path).read_bytes() == b"a wheel"


def test_a_wheel_with_another_digest_is_refused(
    pip_wheel: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served(pip_wheel, monkeypatch, make_index(tmp_path, base64.b16encode(b"x" * 32).decode().lower()))
    assert pip_wheel.from_named_index(tmp_path) is None


def test_the_index_is_the_one_that_pip_is_told_to_use(
    pip_wheel: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://packages.example/simple\n")
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    assert pip_wheel.named_index() == "https://packages.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    assert pip_wheel.named_index() == "https://other.example/simple"


def test_uv_is_told_the_index_of_pip(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    assert bootstrap.uv_environment()["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert "UV_DEFAULT_INDEX" not in bootstrap.uv_environment()


def test_where_nothing_installs_the_message_says_what_to_do(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "install_with_uv", lambda venv, locks: False)
    monkeypatch.setattr(bootstrap, "install_with_pip", lambda venv, locks: False)
    with pytest.raises(bootstrap.SetupError, match="hint: install python3-venv"):
        bootstrap.bootstrap(tmp_path / "venv", "run")
