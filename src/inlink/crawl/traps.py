"""URLs that lead a crawler nowhere, told by their form."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

MAX_URL_CHARS = 2_000
MAX_SEGMENTS = 24
_REPEATS = 3  # of a group of segments, one after the other
_SESSION_NAMES = (
    r"jsessionid|phpsessid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|oscsid|zenid|sessionid|session_id|sessid|"
    r"session|sid|s|phpsid|vsid|xtcsid|sessionkey"
)
_TOKEN = r"(?=[0-9a-z-]*\d)(?=[0-9a-z-]*[a-z])[0-9a-z-]{16,128}|[0-9]{20,}"  # noqa: S105
_SESSION_QUERY = re.compile(rf"(?<=[?&])(?:{_SESSION_NAMES})=(?:{_TOKEN})(?:&|(?=$))", re.IGNORECASE)
_SESSION_PATH = re.compile(rf";(?:{_SESSION_NAMES})=[^/?;]+", re.IGNORECASE)
_SESSION_SEGMENT = re.compile(r"/\([a-z]\([0-9a-z]{24}\)\)(?=/)", re.IGNORECASE)  # ASP.NET without cookies
_DATE_PATH = re.compile(r"/(\d{4})(?:[/-](?:0?[1-9]|1[0-2])(?:[/-](?:0?[1-9]|[12]\d|3[01]))?)?/?$")
_DATE_QUERY = re.compile(
    r"(?:^|&)(?:year|yr|y|date|day|month|cal\w*|from|start|tribe-bar-date)=(\d{4})(?:-\d\d?)?(?:-\d\d?)?(?:&|$)"
)
_DIGITS = re.compile(r"\d+")
_NOT_PAGES = re.compile(
    r"\.(?:7z|aac|apk|avi|avif|bin|bmp|bz2|css|deb|dmg|doc|docx|eot|epub|exe|flac|flv|gif|ico|iso|jar|jpe?g|js|m4[av]|"
    r"mkv|mov|mp[34]|mpe?g|msi|odt|og[gv]|otf|png|pptx?|rar|rpm|svgz?|swf|tar|tgz|tiff?|ttf|wav|webm|webp|wm[av]|woff2?|"
    r"xlsx?|xz|zip|zst)$",
    re.IGNORECASE,
)


def without_session(url: str) -> str:
    """The URL without session ids: what two visits' URLs of one page share."""
    if "=" not in url and "(" not in url:
        return url
    body = _SESSION_SEGMENT.sub("", _SESSION_PATH.sub("", url))
    head, mark, query = body.partition("?")
    if not mark:
        return body
    query = _SESSION_QUERY.sub("", f"?{query}")[1:].removesuffix("&")
    return f"{head}?{query}" if query else head


def form_trap(url: str) -> str | None:
    """The reason (of words.LEFT_OUT) why the form of a URL alone says that it is a trap; None for all others."""
    if len(url) > MAX_URL_CHARS:
        return "endless-path"
    path, _, query = _path_and_query(url)
    if _is_endless(path):
        return "endless-path"
    return "calendar" if _is_far_off(path, query) else None


def is_not_a_page(url: str) -> bool:
    """Whether the name says that this is no page: an image, an archive, a script."""
    return _NOT_PAGES.search(_path_and_query(url)[0]) is not None


def shape_of(url: str) -> tuple[str, int] | None:
    """The kind of page that a URL names (digits and values left out), and how many parameters it has.

    None where it has neither digits nor parameters: such pages are each of their own kind.
    """
    path, mark, query = _path_and_query(url)
    if not mark and not _DIGITS.search(path):
        return None
    names = sorted({part.partition("=")[0] for part in query.split("&")}) if mark else []
    origin = url[: len(url) - len(path) - len(mark) - len(query)]
    if len(names) > 2:  # one kind, whatever the combination
        return f"{origin}{_DIGITS.sub('0', path)}?*", len(names)
    return f"{origin}{_DIGITS.sub('0', path)}{mark}{_DIGITS.sub('0', '&'.join(names))}", len(names)


def is_dated(url: str) -> bool:
    """Whether the URL names a year, a month or a day of a calendar."""
    path, _, query = _path_and_query(url)
    return _DATE_PATH.search(path) is not None or _DATE_QUERY.search(query) is not None


def _path_and_query(url: str) -> tuple[str, str, str]:
    rest = url.partition("://")[2]
    path, mark, query = rest[rest.find("/") :].partition("?")
    return path, mark, query


def _is_endless(path: str) -> bool:
    """Whether a group of up to four segments stands three times in a row (a/a/a, a/b/a/b/a/b), or there are too many.

    Groups of digits alone may be coordinates or dates and need two repeats more.
    """
    segments = [part for part in path.split("/") if part]
    if len(segments) > MAX_SEGMENTS:
        return True
    for width in range(1, min(4, len(segments) // _REPEATS) + 1):
        same = 0
        for at in range(width, len(segments)):
            same = same + 1 if segments[at] == segments[at - width] else 0
            group = segments[at - width + 1 : at + 1]
            needed = _REPEATS + 2 if all(part.isdigit() for part in group) else _REPEATS
            if same >= width * (needed - 1):
                return True
    return False


def _is_far_off(path: str, query: str) -> bool:
    """Whether a calendar page lies before 1990 or more than two years ahead."""
    match = _DATE_PATH.search(path) if path else None
    is_month = match is not None and match[0].strip("/") != match[1]  # a bare number may be anything
    match = match if is_month else _DATE_QUERY.search(query)
    return match is not None and not 1990 <= int(match[1]) <= _this_year() + 2


@lru_cache(maxsize=1)
def _this_year() -> int:
    return datetime.datetime.now(datetime.UTC).year
