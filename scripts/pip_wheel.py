"""A pip wheel for a Python that came without pip: from this disk, the system's packages, or a named index.

A pip wheel is a zip file that runs as it is (`PYTHONPATH=pip.whl python -m pip`). Standard library only.
"""

from __future__ import annotations

import configparser
import hashlib
import html.parser
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

ON_DISK = ("/usr/share/python-wheels", "/usr/share/python3-wheels", "/usr/lib/python-wheels")
MAX_BYTES = 8 << 20


def wheels(scratch: Path) -> Iterator[tuple[str, Path]]:
    """Pip wheels with the name of their origin, nearest first; `scratch` holds what is downloaded."""
    ways: tuple[tuple[str, Callable[[Path], Path | None]], ...] = (
        ("the pip wheel of this disk", lambda _: on_disk()),
        ("pip from the system's package python3-pip-whl", from_system_package),
        ("pip from the index that pip is told to use", from_named_index),
    )
    for name, way in ways:
        if wheel := way(scratch):
            yield name, wheel


def on_disk(folders: tuple[str, ...] = ON_DISK) -> Path | None:
    """A pip wheel that the system keeps for virtual environments."""
    return newest([wheel for folder in folders for wheel in Path(folder).glob("pip-*.whl")])


def newest(found: list[Path]) -> Path | None:
    """The wheel of the highest version; None of none."""
    return max(found, key=lambda wheel: version_key(wheel.name), default=None)


def version_key(filename: str) -> tuple[int, ...]:
    """Numbers of the version in a wheel's name, to compare by."""
    return tuple(int(n) for n in re.findall(r"\d+", filename.split("-")[1]))


def from_system_package(scratch: Path) -> Path | None:
    """Download python3-pip-whl with apt-get and unpack it; the system itself is left as it is."""
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if not apt or not dpkg:
        return None
    download = [apt, "download", "python3-pip-whl"]
    if not quietly(download, scratch):
        quietly([apt, "update"], scratch)
        if not quietly(download, scratch):
            return None
    for package in scratch.glob("python3-pip-whl_*.deb"):
        quietly([dpkg, "-x", str(package), str(scratch / "unpacked")], scratch)
    return newest(list(scratch.glob("unpacked/**/pip-*.whl")))


def quietly(command: list[str], folder: Path) -> bool:
    """Whether the command succeeded; its output is dropped."""
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=300).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def named_index() -> str | None:
    """The package index named by PIP_INDEX_URL or pip's configuration files; None where none is named."""
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    for file in configuration_files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("install", "global"):
            if url := parser.get(section, "index-url", fallback=None):
                return url.strip()
    return None


def configuration_files() -> list[Path]:
    """pip's configuration files, the strongest first."""
    home = Path.home()
    named = [Path(name)] if (name := os.environ.get("PIP_CONFIG_FILE")) else []
    user = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [*named, user / "pip" / "pip.conf", home / ".pip" / "pip.conf", Path("/etc/pip.conf")]


class _Links(html.parser.HTMLParser):
    """The href of every link on an index page."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the href of an anchor."""
        if tag == "a" and (href := dict(attrs).get("href")):
            self.hrefs.append(href)


def best_link(page: str, base: str) -> str | None:
    """URL of pip's newest final release among the links of an index page; only one with a sha256 counts."""
    parser = _Links()
    parser.feed(page)
    found: dict[tuple[int, ...], str] = {}
    for href in parser.hrefs:
        name = urllib.parse.unquote(urllib.parse.urlsplit(href).path.rsplit("/", 1)[-1])
        if re.fullmatch(r"pip-\d+(\.\d+)*-py3-none-any\.whl", name) and "sha256=" in href:
            found[version_key(name)] = urllib.parse.urljoin(base, href)
    return found[max(found)] if found else None


def from_named_index(scratch: Path) -> Path | None:
    """pip's newest wheel of the index that PIP_INDEX_URL or pip's configuration names, its digest checked."""
    index = named_index()
    if not index or not index.startswith(("https://", "http://", "file://")):
        return None
    page_url = index.rstrip("/") + "/pip/"
    try:
        url = best_link(read(page_url).decode("utf-8", "replace"), page_url)
        if url is None:
            return None
        body = read(url)
    except (urllib.error.URLError, OSError, ValueError):
        return None
    if f"sha256={hashlib.sha256(body).hexdigest()}" not in urllib.parse.urlsplit(url).fragment:
        return None
    wheel = scratch / urllib.parse.unquote(urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1])
    wheel.write_bytes(body)
    return wheel


def read(url: str) -> bytes:
    """The bytes at a URL, at most MAX_BYTES."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        body: bytes = answer.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes at {url}")
    return body
