"""A mail server on this machine that keeps what it is given, and may refuse, hang up, or speak TLS and want a login."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Sink:
    """Mails taken, as (sender, recipients, text). refuses: a command that gets 550; hangs_up: after DATA.

    tls: what TLS is spoken with, from the beginning or (has_starttls) once asked for. login: user and password that are
    wanted before MAIL. logins: those that came, and whether under TLS.
    """

    port: int = 0
    mails: list[tuple[str, list[str], str]] = field(default_factory=list)
    refuses: str = ""
    hangs_up: bool = False
    tls: ssl.SSLContext | None = None
    has_starttls: bool = False
    login: tuple[str, str] | None = None
    logins: list[tuple[str, str, bool]] = field(default_factory=list)


@contextmanager
def taking_mail(sink: Sink | None = None) -> Iterator[Sink]:
    """The server while the block runs."""
    found = sink or Sink()

    class Handler(socketserver.StreamRequestHandler):
        is_safe = False
        is_known = found.login is None

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

        def wrap(self) -> None:
            assert found.tls is not None
            self.connection = found.tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.is_safe = True

        def handle(self) -> None:
            try:
                if found.tls is not None and not found.has_starttls:
                    self.wrap()
                self.talk()
            except (OSError, ssl.SSLError):
                return  # the other side does not trust us
            finally:
                self.rfile.close()
                self.connection.close()

        def talk(self) -> None:
            self.sender = ""
            self.recipients: list[str] = []
            self.say("220 sink")
            while line := self.rfile.readline().decode().strip():
                word, _, rest = line.partition(" ")
                if word.upper() == found.refuses:
                    self.say("550 not wanted")
                elif word.upper() in ("MAIL", "RCPT", "DATA") and not self.is_known:
                    self.say("530 log in first")
                elif not self.answer(word.upper(), rest):
                    return

        def answer(self, word: str, rest: str) -> bool:
            """Answer a command; false where the connection ends."""
            if word == "EHLO":
                more = ["STARTTLS"] if found.has_starttls and not self.is_safe else []
                more += ["AUTH PLAIN"] if found.login else []
                lines = ["sink", *more]
                for at, text in enumerate(lines):
                    self.say(f"250{' ' if at == len(lines) - 1 else '-'}{text}")
            elif word == "STARTTLS":
                self.say("220 go on")
                self.wrap()
            elif word == "AUTH":
                _, user, password = base64.b64decode(rest.rpartition(" ")[2]).decode().split("\0")
                found.logins.append((user, password, self.is_safe))
                self.is_known = (user, password) == found.login
                self.say("235 welcome" if self.is_known else "535 wrong")
            elif word == "DATA":
                return self.take()
            elif word == "QUIT":
                self.say("221 bye")
                return False
            else:
                name = rest.partition("<")[2].partition(">")[0]
                if word == "MAIL":
                    self.sender = name
                elif word == "RCPT":
                    self.recipients.append(name)
                self.say("250 ok")
            return True

        def take(self) -> bool:
            self.say("354 go on")
            lines = []
            while (text := self.rfile.readline().decode()).rstrip("\r\n") != ".":
                lines.append(text)
            found.mails.append((self.sender, self.recipients, "".join(lines)))
            if not found.hangs_up:
                self.say("250 taken")
            return not found.hangs_up

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join(10)
