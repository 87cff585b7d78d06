"""Links and refreshes that stand in HTTP headers, and refreshes in <meta>, which are written alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINK = re.compile(r"""\s*<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)\s*(?:,|$)""")
_PARAMETER = re.compile(r""";\s*([^\s=;,]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?""")
_REFRESH = re.compile(r"""\s*(?:\d+[\d.]*|\.[\d.]*)\s*(?:[;,]\s*|\s+)(.*)""", re.DOTALL)
_REFRESH_URL = re.compile(r"""url\s*=\s*(.*)""", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class HeaderLink:
    """One link of a Link header; rel in lower case."""

    target: str
    rel: str
    hreflang: str | None = None


def header_links(value: str) -> list[HeaderLink]:
    """The links of a Link header that have a rel; `anchor=` (a link from elsewhere) and `rev` are left out.

    Source: RFC 8288.
    """
    found = []
    for match in _LINK.finditer(value):
        parameters: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(match[2]):
            parameters.setdefault(name.lower(), quoted.replace("\\", "") if quoted else bare)
        rel = parameters.get("rel", "").strip().lower()
        if rel and "anchor" not in parameters:
            found.append(HeaderLink(match[1].strip(), rel, parameters.get("hreflang")))
    return found


def refresh_target(content: str) -> str | None:
    """The URL of a refresh (`5; url=…`), or None where it only reloads the page.

    Source: HTML standard, 4.2.5.3 (shared declarative refresh steps).
    """
    match = _REFRESH.match(content)
    if match is None or not match[1]:
        return None
    rest = match[1]
    named = _REFRESH_URL.match(rest)
    target = named[1] if named else rest
    if target[:1] in ("'", '"'):
        target = target[1:].partition(target[0])[0]
    return target.strip() or None
