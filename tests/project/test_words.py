"""No committed file names a package registry, an absolute path of somebody's machine, or who wrote it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written in two halves, so that this file does not hold what it forbids.
HOSTS = [("py", "pi.org"), ("python", "hosted"), ("npm", "js.org"), ("npm", "js.com"), ("deb.", "debian"),
         ("proxy.", "golang"), ("crates", ".io")]  # fmt: skip
PATHS = [("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Us", "ers/"), ("/o", "pt/")]
WRITERS = [("anthro", "pic"), ("cla", "ude code"), ("chat", "gpt"), ("open", "ai"), ("co-auth", "ored-by"),
           ("generated ", "with"), ("work", "place"), ("a", "i assistant"), ("language ", "model")]  # fmt: skip

PLAIN = "|".join(re.escape(a + b) for a, b in (*HOSTS, *WRITERS))
FORBIDDEN = re.compile(f"(?i:{PLAIN})|" + "|".join(re.escape(a + b) for a, b in PATHS))  # paths as they are written

# What only looks like it, with the reason.
ALLOWED = {
    "src/inlink/index/flags.toml": "names well-known domains, registries among them, as data",
    "LICENSE": "the licence's own words",
}


def files() -> list[Path]:
    """The files under version control."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def test_no_file_names_what_belongs_elsewhere() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if path.relative_to(ROOT).as_posix() not in ALLOWED
        for match in FORBIDDEN.finditer(text_of(path))
    }
    assert not found


def test_the_list_finds_what_it_should() -> None:
    assert FORBIDDEN.search("see " + "".join(PATHS[0]) + "main/x.py")
    assert FORBIDDEN.search("https://" + "".join(HOSTS[0]) + "/simple")
    assert not FORBIDDEN.search("docs/errors.md and /usr/share")


def test_exceptions_exist() -> None:
    assert all((ROOT / name).is_file() for name in ALLOWED)


def test_no_module_is_called_what_says_nothing() -> None:
    vague = {"utils", "helpers", "common", "manager", "core", "misc"}
    assert not [path for path in files() if path.suffix == ".py" and path.stem in vague]


def test_files_of_tests_have_names_of_their_own() -> None:
    """Two modules of one name cannot be collected together."""
    names = sorted(path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py")
    assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]
