"""What a site's robots.txt allows, by RFC 9309.

The product token of a group must be the whole of ours (RFC 9309, 2.2.1); paths are matched by protego: longest match,
allow before disallow, `*` and `$`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from protego import Protego

from inlink.fetch.manners import TOKEN

MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: at least this much is parsed
MAX_REDIRECTS = 5  # RFC 9309, 2.3.1.2: at least five hops
MAX_LINE_CHARS = 8 * 2083  # the rest of a line is left out, as Google does
_AGENT = re.compile(r"[ \t]*user[- ]?agent[ \t]*:?[ \t]*([^#]*)", re.IGNORECASE)
_RULE = re.compile(r"[ \t]*(?:user[- ]?agent|allow|dis+al+[oa]w|diasllow)[ \t]*(?:[:\s]|$)", re.IGNORECASE)
_PRODUCT = re.compile(r"[A-Za-z_-]+")
_PATH = re.compile(r"[a-z]+://[^/?#]*")
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")
_BOM = b"\xef\xbb\xbf"
_OTHER = "another"  # stands for every product that is not ours


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be asked of one origin. `why` is file, missing (nothing forbids) or unreachable (all is forbidden).

    Units: fetched_at_us microseconds since 1970; delay_s None where the file names none. error (of reply.ERRORS) and
    detail: why there was no answer.
    """

    why: str
    fetched_at_us: int
    status: int | None = None
    body: bytes = b""
    delay_s: float | None = None
    sitemaps: tuple[str, ...] = ()
    parsed: Protego | None = None
    error: str | None = None
    detail: str = ""

    def may(self, url: str) -> bool:
        """Whether a URL of the origin may be asked."""
        if self.why == "unreachable":
            return url.partition("://")[2].partition("/")[2] == "robots.txt"
        return self.parsed is None or self.parsed.can_fetch(url, TOKEN)

    def forbidden_by(self, url: str) -> str | None:
        """The rule that forbids a URL, as `Disallow: /path`; None where none does."""
        if self.parsed is None or self.may(url):
            return None
        group = self.parsed._get_matching_rule_set(TOKEN)  # protego has no public way; the test of evidence holds it
        path = _ESCAPE.sub(lambda found: found[0].upper(), _PATH.sub("", url)) or "/"
        rules = group._rules if group is not None else ()
        return next((f"Disallow: {rule.value._pattern}" for rule in rules if rule.value.match(path)), None)


def rules_of(status: int | None, body: bytes, fetched_at_us: int) -> Rules:
    """The rules that an answer for /robots.txt means; `status` None where there was none.

    2xx: the file. 4xx: nothing forbids. 5xx, 429, no answer: all is forbidden for now (2.3.1.3, 2.3.1.4; 429 is
    taken as "come later", as Google does). Redirects that were not followed to an end count as 4xx.
    """
    if status is None or status >= 500 or status == 429:
        return Rules("unreachable", fetched_at_us, status)
    if not 200 <= status < 300:
        return Rules("missing", fetched_at_us, status)
    body = body[:MAX_BYTES]
    lines = [_own(line) for line in re.split(r"\r\n|\r|\n", _text(body))]
    parsed = Protego.parse("\n".join(line for line in lines if _RULE.match(line)))  # 2.2.4: others end no group
    others = Protego.parse("\n".join(lines))
    return Rules("file", fetched_at_us, status, body, others.crawl_delay(TOKEN), tuple(others.sitemaps), parsed)


def _text(body: bytes) -> str:
    """The file without a byte order mark, or what is left of one."""
    mark = next((_BOM[:n] for n in (3, 2, 1) if body.startswith(_BOM[:n])), b"")
    return body.removeprefix(mark).decode("utf-8", "replace")


def _own(line: str) -> str:
    """A line with its user agent written as ours, `*`, or another: so that only whole product tokens match."""
    line = line[:MAX_LINE_CHARS]
    match = _AGENT.match(line)
    if match is None:
        return line
    value = match[1].strip()
    if value == "*" or value.startswith(("* ", "*\t")):
        return "User-agent: *"
    product = _PRODUCT.match(value)
    is_ours = product is not None and product[0].lower() == TOKEN
    return f"User-agent: {TOKEN if is_ours else _OTHER}"
