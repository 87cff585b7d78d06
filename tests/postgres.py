"""A PostgreSQL of the tests' own: in a temporary folder, on a socket file only, never as root."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
    "unix_socket_permissions": "0700",
}
START_S = 120
# The server ends when our end of its input is closed, however the tests end.
KEEPER = """
exec 3<&0
"$0" "$@" &
server=$!
{ cat > /dev/null; kill -QUIT $server; } <&3 2> /dev/null &
wait $server
"""


def programs() -> Path | None:
    """Folder of PostgreSQL's programs: as `make test` found it, that of Debian's newest package, or one on PATH."""
    named = os.environ.get("INLINK_POSTGRESQL")
    found = Path(named) if named else next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    if found is None and (on_path := shutil.which("initdb")):
        found = Path(on_path).resolve().parent
    return found if found is not None and (found / "initdb").exists() else None


class Server:
    """A running server. `start` and `kill` are for tests of what happens when it goes and comes back."""

    def __init__(self, bin_: Path, **settings: str) -> None:
        self._bin, self._settings = bin_, SETTINGS | settings
        self.folder = Path(tempfile.mkdtemp(prefix="inlink-pg-", dir="/tmp"))
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = next((found for name in ("postgres", "nobody") if (found := _user(name))), None)
            if user is None:
                raise RuntimeError("neither postgres nor nobody is a user here")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._names = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", "data", "-A", "trust", "-U", "inlink", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def url(self, name: str) -> str:
        """Address of one of its databases."""
        return f"postgresql://inlink@/{name}?host={self.folder}&connect_timeout={START_S}"

    def start(self) -> None:
        """Run it, and wait until it answers."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        program = [str(self._bin / "postgres"), "-D", "data", "-k", str(self.folder), *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", KEEPER, *program],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                **self._as,  # type: ignore[call-overload]
            )
        until = time.monotonic() + START_S
        while True:
            try:
                return self.run("postgres", "select 1")
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text("utf-8", "replace")) from None
                time.sleep(0.05)

    def kill(self) -> None:
        """It is gone at once, as by a power cut."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(START_S)

    def make(self, template: str | None = None) -> str:
        """Make a database, as a copy of another where one is named; gives its name."""
        name = f"w{next(self._names)}"
        until = time.monotonic() + START_S
        while True:
            try:
                self.run("postgres", f"create database {name} template {template or 'template1'}")
            except psycopg.errors.ObjectInUse:  # a connection to the template that was closed has not ended there yet
                if time.monotonic() > until:
                    raise
            else:
                return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        self.run("postgres", f"drop database {name} with (force)")

    def run(self, name: str, statement: str) -> None:
        """Run a statement in a database; again where those who use what it changes take their time to leave."""
        until = time.monotonic() + START_S
        with psycopg.connect(self.url(name), autocommit=True) as db:
            while True:
                try:
                    db.execute(statement.encode())
                    return
                except psycopg.errors.ObjectInUse:  # PostgreSQL itself waits for five seconds
                    if time.monotonic() > until:
                        raise

    def close(self) -> None:
        """End it and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._bin / program), *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **self._as)  # type: ignore[call-overload]
        if done.returncode:
            self.close()
            raise RuntimeError(f"{program}: {done.stderr}")


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
