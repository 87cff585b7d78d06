"""Cookies of the site: the session of who signed in, and the visit of who has not."""

from __future__ import annotations

from http.cookies import SimpleCookie

SESSION = "inlink"
VISIT = "inlink_visit"


def cookie_name(name: str, *, tls: bool) -> str:
    """A cookie's name. Behind TLS a prefix keeps other hosts of the domain from setting it, and plain http too.

    Source: RFC 6265bis, section 4.1.3.2.
    """
    return f"__Host-{name}" if tls else name


def set_cookie(name: str, value: str, *, tls: bool, max_age_s: int | None = None) -> str:
    """A Set-Cookie line that no script reads and other sites' forms do not send. max_age_s: None for the browser's
    session, 0 removes it.
    """
    cookie: SimpleCookie = SimpleCookie()
    full = cookie_name(name, tls=tls)
    cookie[full] = value
    morsel = cookie[full]
    morsel["path"], morsel["httponly"], morsel["samesite"] = "/", True, "Lax"
    if tls:
        morsel["secure"] = True
    if max_age_s is not None:
        morsel["max-age"] = str(max_age_s)
    return morsel.OutputString()


def read_cookie(header: str, name: str, *, tls: bool) -> str:
    """The value of a cookie in a Cookie header; empty where it is not there."""
    full = cookie_name(name, tls=tls)
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == full:
            return value.strip('"')
    return ""
