"""Make the virtual environment that `make` works in, from nothing but a Python of at least 3.11.

    python3 scripts/bootstrap.py --venv .venv --for dev        (or: --for run, without test tools)

Every package comes from a lock file and is checked against its hash. The installer is the first that is to be had:

    uv                     on PATH
    python -m venv         where ensurepip is there
    venv --without-pip     and pip from: this Python's own pip, a pip wheel on disk, the system's package
                           python3-pip-whl (downloaded and unpacked, not installed), the index that pip is told to use

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pip_wheel

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "run": ("requirements.txt", "requirements-build.txt"),
    "dev": ("requirements-dev.txt", "requirements-build.txt"),
}


class SetupError(Exception):
    """No way to make the environment; the message says what to do."""


def say(words: str) -> None:
    """One line of progress."""
    print(f"set-up: {words}", flush=True)


def run(command: Sequence[str | Path], *, env: dict[str, str] | None = None) -> bool:
    """Whether the command succeeded; its output goes to ours."""
    return subprocess.run([str(c) for c in command], cwd=ROOT, env={**os.environ, **(env or {})}).returncode == 0


def can_run(command: Sequence[str | Path]) -> bool:
    """Whether the command succeeds, silently."""
    try:
        return subprocess.run([str(c) for c in command], capture_output=True).returncode == 0
    except OSError:
        return False


def python_of(venv: Path) -> Path:
    """The interpreter inside a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_usable(venv: Path) -> bool:
    """Whether the environment holds a Python of at least 3.11 that starts."""
    return can_run([python_of(venv), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])


def uv_environment() -> dict[str, str]:
    """What uv must be told to use the index and certificates that pip is told to use."""
    env = {}
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & os.environ.keys() and (index := pip_wheel.named_index()):
        env["UV_DEFAULT_INDEX"] = index
    if "SSL_CERT_FILE" not in os.environ and (cert := os.environ.get("PIP_CERT")):
        env["SSL_CERT_FILE"] = cert
    return env


def install_with_uv(venv: Path, locks: Sequence[str]) -> bool:
    """Make the environment where it is not there, and install the locks and the project with uv."""
    uv = shutil.which("uv")
    if uv is None or not can_run([uv, "--version"]):
        return False
    say("using uv")
    env = uv_environment()
    if not is_usable(venv) and not run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv], env=env):
        return False
    install = [uv, "pip", "install", "--quiet", "--python", str(python_of(venv))]
    listed = [word for lock in locks for word in ("--requirements", lock)]
    return run([*install, "--require-hashes", *listed], env=env) and run(
        [*install, "--no-deps", "--no-build-isolation", "--editable", "."], env=env
    )


def pip_commands(venv: Path, scratch: Path) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Ways to call a pip that installs into the environment: a name, the command, its environment variables."""
    python = str(python_of(venv))
    if can_run([python, "-m", "pip", "--version"]):
        yield "pip of the environment", [python, "-m", "pip"], {}
    if can_run([sys.executable, "-m", "pip", "--python", python, "--version"]):
        yield "pip of this Python", [sys.executable, "-m", "pip", "--python", python], {}
    for name, wheel in pip_wheel.wheels(scratch):
        yield name, [python, "-m", "pip"], {"PYTHONPATH": str(wheel)}


def install_with_pip(venv: Path, locks: Sequence[str]) -> bool:
    """Make the environment with the venv module, and install the locks and the project with a pip."""
    if not is_usable(venv):
        make = [sys.executable, "-m", "venv", "--clear"]
        if not can_run([*make, venv]):
            say("python -m venv brings no pip here (no ensurepip); making the environment without it")
            if not run([*make, "--without-pip", venv]):
                return False
    with tempfile.TemporaryDirectory() as scratch:
        for name, pip, env in pip_commands(venv, Path(scratch)):
            say(f"using {name} (this takes a minute or two)")
            install = [*pip, "install", "--quiet", "--quiet", "--disable-pip-version-check", "--no-input"]
            listed = [word for lock in locks for word in ("--requirement", lock)]
            if run([*install, "--require-hashes", *listed], env=env) and run(
                [*install, "--no-deps", "--no-build-isolation", "--editable", "."], env=env
            ):
                return True
    return False


def bootstrap(venv: Path, purpose: str) -> None:
    """Make `venv` ready for `purpose`, "run" or "dev".

    Raises: SetupError.
    """
    locks = LOCKS[purpose]
    say(f"Python {sys.version.split()[0]}, environment {venv}, locks {' and '.join(locks)}")
    if install_with_uv(venv, locks) or install_with_pip(venv, locks):
        return
    raise SetupError(
        "could not make the environment: neither uv, nor venv with pip, nor a pip wheel did it (messages above)\n"
        "hint: install python3-venv from your system or uv, or name your package index in PIP_INDEX_URL; then again"
    )


def compile_kernels(venv: Path) -> None:
    """Run the demo once, silently: what compiles on first use is then on disk."""
    say("compiling kernels, once (half a minute)")
    with tempfile.TemporaryDirectory() as scratch:
        if not can_run([python_of(venv).with_name("inlink"), "--quiet", "demo", Path(scratch) / "web", "--no-serve"]):
            say("the kernels will be compiled on first use")


def main() -> int:
    """Parse, set up, mark as ready."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, default=Path(".venv"))
    parser.add_argument("--for", dest="purpose", choices=sorted(LOCKS), default="dev")
    options = parser.parse_args()
    venv = options.venv if options.venv.is_absolute() else ROOT / options.venv
    try:
        bootstrap(venv, options.purpose)
    except SetupError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    compile_kernels(venv)
    for purpose in ("run", options.purpose):
        (venv / f"ready-{purpose}").write_text("made by scripts/bootstrap.py\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
