"""A mail server on this machine that keeps what it is given, and may refuse, or hang up instead of an answer."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Sink:
    """Mails taken, as (sender, recipients, text). refuses: a command that gets 550; hangs_up: after DATA."""

    port: int = 0
    mails: list[tuple[str, list[str], str]] = field(default_factory=list)
    refuses: str = ""
    hangs_up: bool = False


@contextmanager
def taking_mail(sink: Sink | None = None) -> Iterator[Sink]:
    """The server while the block runs."""
    found = sink or Sink()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

        def handle(self) -> None:
            sender, recipients = "", []
            self.say("220 sink")
            while line := self.rfile.readline().decode().strip():
                word = line.partition(" ")[0].upper()
                if word == found.refuses:
                    self.say("550 not wanted")
                elif word == "EHLO":
                    self.say("250 sink")
                elif word == "MAIL":
                    sender = line.partition("<")[2].partition(">")[0]
                    self.say("250 ok")
                elif word == "RCPT":
                    recipients.append(line.partition("<")[2].partition(">")[0])
                    self.say("250 ok")
                elif word == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (text := self.rfile.readline().decode()).rstrip("\r\n") != ".":
                        lines.append(text)
                    found.mails.append((sender, recipients, "".join(lines)))
                    if found.hangs_up:
                        return
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

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
