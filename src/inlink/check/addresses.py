"""What an address alone says: a home page, a login, an error page, a file."""

from __future__ import annotations

import re
from functools import lru_cache

from inlink.crawl.traps import is_not_a_page
from inlink.errors import BadInput
from inlink.urls.identity import same_page_key

_KEPT = 4_096  # answers: the same is asked several times while a URL is checked
_HOME = re.compile(r"/(?:(?:index|default|home|main)\.\w{2,5}|[a-z]{2}(?:[-_][a-z]{2})?/?|home/?|)\Z", re.IGNORECASE)
_LOGIN = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|log-?on|sso|oauth2?|saml2?|wp-login|anmeldung|anmelden|einloggen|connexion|"
    r"inloggen|authenticate|authentication|paywall)(?:[/._-]|$)",
    re.IGNORECASE,
)
_LOGIN_HOST = re.compile(r"(?:login|signin|sso|idp|accounts?|auth)\.", re.IGNORECASE)
_CONSENT = re.compile(
    r"(?:^|[/.])(?:consent|cookie-?wall|cookie-?consent|privacy-?gate|collectconsent)(?:[/.-]|$)", re.IGNORECASE
)
_ERROR = re.compile(
    r"/(?:(?:e(?:rror)?[-_]?)?(?:404|410)(?:[-_]?(?:error|page|not-?found))?|(?:page[-_]?)?not[-_]?found|"
    r"errors?(?:[-_]?page)?|fehler|erreur)(?:\.\w{2,5})?/?\Z",
    re.IGNORECASE,
)


@lru_cache(_KEPT)
def host_of(url: str) -> str:
    """The host of a normalised URL."""
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    return authority if authority.endswith("]") else authority.partition(":")[0]


@lru_cache(_KEPT)
def origin_of(url: str) -> str:
    """Scheme, host and port of a normalised URL, as it names them."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.partition('/')[0].partition('?')[0]}"


@lru_cache(_KEPT)
def path_of(url: str) -> str:
    """The path of a normalised URL."""
    rest = url.partition("://")[2].partition("#")[0].partition("?")[0]
    return rest[len(rest.partition("/")[0]) :] or "/"


def is_same_page(one: str, other: str) -> bool:
    """Whether two URLs are spellings of one page."""
    if one == other:
        return True
    try:
        return same_page_key(one) == same_page_key(other)
    except BadInput:
        return False


def is_root(url: str) -> bool:
    """Whether a URL has no path: made-up addresses beside it say nothing about it."""
    return path_of(url) == "/"


def is_home(url: str) -> bool:
    """Whether a URL is the home page of its site, or of a language of it."""
    return "?" not in url and _HOME.match(path_of(url)) is not None


def is_login(url: str) -> bool:
    """Whether a URL names a login."""
    return _LOGIN.search(path_of(url)) is not None or _LOGIN_HOST.match(host_of(url)) is not None


def is_consent(url: str) -> bool:
    """Whether a URL names a consent wall."""
    return _CONSENT.search(host_of(url) + path_of(url)) is not None


def names_an_error(url: str) -> bool:
    """Whether a URL names an error page."""
    return _ERROR.search(path_of(url)) is not None


def is_file(url: str) -> bool:
    """Whether a URL names a file that is no page: the server may be asked for it with HEAD."""
    return is_not_a_page(url) or path_of(url).lower().endswith((".pdf", ".ps", ".csv", ".gz"))
