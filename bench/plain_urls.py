"""URLs as the plain pipeline handles them: urllib.parse and tldextract with its offline snapshot."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

import tldextract

TRACKING = frozenset(["gclid", "fbclid", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"])
EXTRACT_DOMAIN = tldextract.TLDExtract(suffix_list_urls=(), include_psl_private_domains=True)


@lru_cache(maxsize=100_000)
def domain_of(host: str) -> str:
    """Registrable domain of a host."""
    return str(EXTRACT_DOMAIN(host).top_domain_under_public_suffix) or host


def fold(text: str) -> str:
    """White space folded."""
    return " ".join(text.split())


def normalise(raw: str, base: str) -> str | None:
    """Absolute http(s) URL without fragment."""
    try:
        url = urldefrag(urljoin(base, raw.strip())).url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        netloc = parts.hostname.lower()
        if parts.port and parts.port != {"http": 80, "https": 443}[parts.scheme]:
            netloc += f":{parts.port}"
        return parts._replace(netloc=netloc, path=parts.path or "/").geturl()
    except ValueError:
        return None


def key_of(url: str) -> str:
    """Same-page key in SURT form."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    path = re.sub(r"/(index|default)\.(html?|php|aspx?)$", "/", parts.path)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in TRACKING]
    query = "?" + urlencode(kept) if kept else ""
    return ",".join(reversed(host.split("."))) + ")" + path + query
