"""Fetch the scripts that pages load from npm into the package, by pinned digests; and what tests need, into a cache.

python scripts/vendor_web.py           write src/inlink/web/static/vendor/ anew
python scripts/vendor_web.py --check   compare the committed files with their digests; no network
python scripts/vendor_web.py --pin     write the digests of the versions in scripts/vendored.json down (read the diff!)
python scripts/vendor_web.py --tool axe-core   fetch a tool of the tests; print where it is

`scripts/vendored.json` names each package with its version, the digest of what npm hands out, and the files taken from
it with theirs. Whatever does not match is refused.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "scripts" / "vendored.json"
VENDOR = ROOT / "src" / "inlink" / "web" / "static" / "vendor"
CACHE = Path(os.environ.get("INLINK_NPM_CACHE") or Path.home() / ".cache" / "inlink-npm")
WAIT_S = 600


class WrongDigestError(Exception):
    """What was fetched is not what was pinned."""


def packages(kind: str) -> dict[str, dict[str, Any]]:
    """The pinned packages: `pages` or `tests`."""
    found: dict[str, dict[str, Any]] = json.loads(PINS.read_text(encoding="utf-8"))[kind]
    return found


def pack(name: str, version: str, folder: Path) -> Path | None:
    """What npm hands out for a package; None where npm is missing or cannot reach it."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    command = [npm, "pack", f"{name}@{version}", "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=WAIT_S)
    archives = sorted(folder.glob("*.tgz"))
    return archives[0] if done.returncode == 0 and archives else None


def integrity(data: bytes) -> str:
    """The digest of an archive, in npm's form."""
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


def sha256(data: bytes) -> str:
    """The digest of a file."""
    return hashlib.sha256(data).hexdigest()


def members(archive: Path, pins: dict[str, Any]) -> dict[str, bytes]:
    """The files to take, by the name they get."""
    with tarfile.open(archive) as tar:
        found = {}
        for name, pin in pins["files"].items():
            opened = tar.extractfile(f"package/{pin['from']}")
            if opened is None:
                raise WrongDigestError(f"{pin['from']} is no file of the package")
            found[name] = without_map(opened.read())
        return found


def without_map(data: bytes) -> bytes:
    """A script without the line that names its source map, which is not shipped."""
    kept = [line for line in data.splitlines(keepends=True) if not line.startswith(b"//# sourceMappingURL=")]
    return b"".join(kept)


def fetched(name: str, pins: dict[str, Any], *, is_pinning: bool = False) -> dict[str, bytes] | None:
    """The files of a package, proved by their digests; None where npm cannot be asked.

    Raises: WrongDigestError.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = pack(name, pins["version"], Path(folder))
        if archive is None:
            return None
        digest, files = integrity(archive.read_bytes()), members(archive, pins)
    if is_pinning:
        pins["integrity"] = digest
        for file, data in files.items():
            pins["files"][file]["sha256"] = sha256(data)
        return files
    if digest != pins["integrity"]:
        raise WrongDigestError(f"{name} {pins['version']}: npm gave {digest}, pinned is {pins['integrity']}")
    for file, data in files.items():
        if sha256(data) != pins["files"][file]["sha256"]:
            raise WrongDigestError(f"{file} of {name}: sha256 {sha256(data)} is not what is pinned")
    return files


def differing(folder: Path = VENDOR) -> list[str]:
    """What in the folder is not as pinned: changed, missing, or not pinned at all."""
    pinned = {file: pin["sha256"] for pins in packages("pages").values() for file, pin in pins["files"].items()}
    there = {path.name: sha256(path.read_bytes()) for path in folder.iterdir()}
    return sorted(name for name in {*pinned, *there} if pinned.get(name) != there.get(name))


def tool(name: str) -> Path | None:
    """The first file of a tool of the tests, from the cache or npm; None where it cannot be had."""
    pins = packages("tests")[name]
    file, pin = next(iter(pins["files"].items()))
    kept: Path = CACHE / f"{name}-{pins['version']}" / file
    if kept.exists() and sha256(kept.read_bytes()) == pin["sha256"]:
        return kept
    files = fetched(name, pins)
    if files is None:
        return None
    kept.parent.mkdir(parents=True, exist_ok=True)
    begun = kept.with_suffix(f".{os.getpid()}")
    begun.write_bytes(files[file])
    begun.replace(kept)
    return kept


def installed(name: str) -> Path | None:
    """The folder with a tool of the tests and all it depends on, from the cache or npm; None where it cannot be had."""
    version = packages("programs")[name]["version"]
    folder: Path = CACHE / f"{name}-{version}"
    npm = shutil.which("npm")
    if (folder / "complete").exists():
        return folder
    if npm is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    if subprocess.run([*command, f"{name}@{version}"], capture_output=True, timeout=WAIT_S).returncode:
        return None
    (folder / "complete").touch()
    return folder


def write(*, is_pinning: bool) -> int:
    """Write the folder anew."""
    pins = json.loads(PINS.read_text(encoding="utf-8"))
    found: dict[str, bytes] = {}
    for name, package in [*pins["pages"].items(), *(pins["tests"].items() if is_pinning else ())]:
        files = fetched(name, package, is_pinning=is_pinning)
        if files is None:
            print(f"error: npm cannot give {name}\nhint: install npm, or look at the network", file=sys.stderr)
            return 1
        if name in pins["pages"]:
            found |= files
    if is_pinning:
        PINS.write_text(json.dumps(pins, indent=2) + "\n", encoding="utf-8")
    VENDOR.mkdir(parents=True, exist_ok=True)
    for path in VENDOR.iterdir():
        if path.name not in found:
            path.unlink()
    for file, data in found.items():
        (VENDOR / file).write_bytes(data)
    print(f"{len(found)} files in {VENDOR.relative_to(ROOT)}")
    return 0


def main() -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the committed files with their digests")
    parser.add_argument("--pin", action="store_true", help="write digests down")
    parser.add_argument("--tool", help="fetch a tool of the tests")
    asked = parser.parse_args()
    if asked.tool:
        found = tool(asked.tool)
        print(found or "npm cannot give it")
        return 0 if found else 1
    if asked.check:
        wrong = differing()
        print("\n".join(f"not as pinned: {name}" for name in wrong) or "all as pinned")
        return 1 if wrong else 0
    try:
        return write(is_pinning=asked.pin)
    except WrongDigestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
