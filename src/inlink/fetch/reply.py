"""What came of asking: an answer as it was sent, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

# Why there is no answer, or not all of it. The closed list of `Reply.error`.
ERRORS = {
    "not-a-url": "the address is no http(s) URL",
    "scheme": "only http and https are fetched",
    "credentials": "the URL names a user",
    "port": "the port is not allowed",
    "address": "the host is inside a private or special network",
    "opt-out": "the site is on the opt-out list",
    "robots": "robots.txt forbids it",
    "robots-unreachable": "robots.txt could not be read, so all is forbidden for now",
    "dns": "the host has no address",
    "refused": "no connection could be made",
    "tls": "the certificate or the TLS handshake is wrong",
    "timeout": "the answer did not come, or not all of it, in time",
    "broken": "the connection ended before the answer did",
    "bad-answer": "what came is no HTTP answer, or has too many or too long headers",
}
NEVER_ASKED = frozenset(
    ("not-a-url", "scheme", "credentials", "port", "address", "opt-out", "robots", "robots-unreachable")
)
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Reply:
    """One request and its answer. `body` has its content codings, not its transfer coding.

    Units: asked_at_us microseconds since 1970 UTC. `cut` says why the body is not whole: length, time, disconnect.
    """

    url: str
    asked_at_us: int
    status: int | None = None
    reason: str = ""
    version: str = "1.1"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    ip: str | None = None
    request: bytes = b""  # head of the request as it was sent
    error: str | None = None  # of ERRORS
    detail: str = ""
    cut: str | None = None
    took_s: float = 0.0
    cause: str | None = None  # of ERRORS: where robots.txt could not be read, why not
    sent_at: float | None = None  # when the request was out, on the clock of time.monotonic

    def header(self, name: str) -> str | None:
        """First value of a header; names compare without case."""
        wanted = name.lower()
        for key, value in self.headers:  # a generator would take twice as long, and this is asked often
            if key.lower() == wanted:
                return value
        return None

    @property
    def location(self) -> str | None:
        """Where a redirect leads, as written; None where the answer is none."""
        return self.header("location") if self.status in REDIRECTS else None


@dataclass(frozen=True, slots=True)
class Chain:
    """Answers along redirects, the first asked first. `problem` is loop or too-many where they lead to no end."""

    hops: tuple[Reply, ...]
    problem: str | None = None

    @property
    def last(self) -> Reply:
        """The answer at the end."""
        return self.hops[-1]
