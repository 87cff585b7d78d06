"""What a URL says: WHATWG parsing and normalising, by ada."""

from __future__ import annotations

import re
from dataclasses import dataclass

import ada_url

WEB_SCHEMES = ("http", "https")

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Url:
    """A parsed URL; every part as the WHATWG URL standard writes it.

    `port` is None where it is the scheme's default; `query` and `fragment` are None where there is no `?` or `#`.
    """

    href: str
    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None
    fragment: str | None


def parse(raw: str, base: str | None = None) -> Url | None:
    """The URL that `raw` means on a page at `base`; None where it is none. Any scheme.

    A base that is no URL itself counts as none, so absolute URLs still resolve.
    Source: https://url.spec.whatwg.org/#url-parsing
    """
    url = _ada(raw, base)
    if url is None:
        return None
    body, hash_, fragment = url.href.partition("#")
    _, mark, query = body.partition("?")
    return Url(
        href=url.href,
        scheme=url.protocol[:-1],
        host=url.hostname,
        port=int(url.port) if url.port else None,
        path=url.pathname,
        query=query if mark else None,
        fragment=fragment if hash_ else None,
    )


def normalise(raw: str, base: str | None = None) -> str | None:
    """The normalised form of an http(s) URL, fragment dropped; None for every other scheme and for what is no URL."""
    url = _ada(raw, base)
    if url is None:
        return None
    href = str(url.href)
    return href.partition("#")[0] if href.startswith(("http:", "https:")) else None


def is_url(raw: str, base: str | None = None) -> bool:
    """Whether `raw` is a URL of any scheme on a page at `base`."""
    return _ada(raw, base) is not None


def well_formed(text: str) -> str:
    """The text with lone surrogates as U+FFFD, as a browser takes it."""
    return _SURROGATE.sub("\ufffd", text)


def _ada(raw: str, base: str | None) -> ada_url.URL | None:
    """ada's object."""
    if base is not None:
        base = well_formed(base)
        if not ada_url.URL.can_parse(base):
            base = None
    try:
        return ada_url.URL(well_formed(raw), base)
    except ValueError:
        return None
