"""Signing in and out, and one's own account: password, browsers, tokens."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, NotFound, Refused
from inlink.web.access import asker, needs, open_to_all, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.cookies import SESSION, set_cookie
from inlink.web.forms import Form, posted, to
from inlink.workbench.people import Role, Who

DAYS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is removed"}
LONGEST_NEXT = 2000
SECONDS_A_DAY = 86_400


@open_to_all
def login(request: Request) -> Response:
    """The page to sign in."""
    onwards = local_path(request.query_params.get("next", ""))
    if asker(request) is not None:
        return RedirectResponse(onwards, status_code=303)
    return page(request, "login.html", onwards=onwards, name="", problem=None)


def _sign_in(request: Request, form: Form) -> Response:
    onwards = local_path(form.text("next"))
    accounts = bench_of(request).accounts
    try:
        found = accounts.sign_in(
            form.text("name"),
            form.texts.get("password", ("",))[-1],
            address=_address(request),
            agent=request.headers.get("user-agent", ""),
            old=_session(request),
        )
    except Refused as error:
        wait = error.facts.get("retry_after_s")
        answer = page(
            request, "login.html", status_code=429 if wait else 401, onwards=onwards, name=form.text("name"),
            problem=error,
        )  # fmt: skip
        if wait:
            answer.headers["retry-after"] = str(wait)
        return answer
    answer = RedirectResponse(onwards, status_code=303)
    tls = request.url.scheme == "https"
    cookie = set_cookie(SESSION, found.secret, tls=tls, max_age_s=accounts.terms.session_days * SECONDS_A_DAY)
    answer.headers.append("set-cookie", cookie)
    return answer


def _sign_out(request: Request, _form: Form) -> Response:
    bench_of(request).accounts.sign_out(_session(request))
    answer = RedirectResponse("/login", status_code=303)
    answer.headers.append("set-cookie", set_cookie(SESSION, "", tls=request.url.scheme == "https", max_age_s=0))
    return answer


def local_path(asked: str) -> str:
    """Where to go on after signing in: a page of this site, whatever was asked for."""
    is_plain = asked.startswith("/") and not asked.startswith("//") and "\\" not in asked
    if not is_plain or len(asked) > LONGEST_NEXT or any(unicodedata.category(letter)[0] == "C" for letter in asked):
        return "/"
    parts = urlsplit(asked)
    is_here = not parts.scheme and not parts.netloc and parts.path not in ("/login", "/logout")
    return asked if is_here else "/"


@needs(Role.VIEWER)
def settings(request: Request) -> Response:
    """The settings that one may see."""
    return to("/settings/site" if who_of(request).role is Role.ADMIN else "/settings/account")


@needs(Role.VIEWER)
def account(request: Request) -> Response:
    """One's own password and browsers."""
    return _account(request)


def _account(request: Request, problem: InlinkError | None = None, done: str = "") -> Response:
    who, accounts = who_of(request), bench_of(request).accounts
    return page(
        request,
        "account.html",
        status_code=200 if problem is None else 400,
        who=who,
        me=accounts.me(who) if who.user_id is not None else None,
        sessions=accounts.sessions(who, _session(request)) if who.user_id is not None else [],
        problem=problem,
        done=done,
    )


def _change_password(request: Request, form: Form) -> Response:
    old, new, again = (form.texts.get(name, ("",))[-1] for name in ("old", "new", "again"))
    try:
        if new != again:
            raise BadInput("the new password was typed in two ways", hint="type it twice alike")
        bench_of(request).accounts.change_password(
            who_of(request), old, new, address=_address(request), secret=_session(request)
        )
    except (BadInput, Refused) as error:
        return _account(request, error)
    return _account(request, done="The password is changed. All other browsers are signed out.")


def _end_session(request: Request, form: Form) -> Response:
    bench_of(request).accounts.end_session(who_of(request), form.text("key"))
    return to("/settings/account")


@needs(Role.VIEWER)
def tokens(request: Request) -> Response:
    """Tokens of one's programs."""
    return _tokens(request)


def _tokens(request: Request, problem: InlinkError | None = None, secret: str = "") -> Response:
    who, accounts = who_of(request), bench_of(request).accounts
    everybodys = who.role is Role.ADMIN and request.query_params.get("all") == "1"
    return page(
        request,
        "tokens.html",
        status_code=200 if problem is None else 400,
        who=who,
        tokens=accounts.tokens(who, everybodys=everybodys),
        everybodys=everybodys,
        roles=roles_of(who),
        days=DAYS,
        problem=problem,
        secret=secret,
    )


def _add_token(request: Request, form: Form) -> Response:
    try:
        role = role_of(form.text("role"))
        days = form.number("days", "days")
        made = bench_of(request).accounts.add_token(who_of(request), form.text("label"), role, days=days)
    except (BadInput, Refused, NotFound) as error:
        return _tokens(request, error)
    return _tokens(request, secret=made.secret)


def _remove_token(request: Request, form: Form) -> Response:
    bench_of(request).accounts.remove_token(who_of(request), form.number("token", "token") or 0)
    return to("/settings/tokens", all="1" if form.is_on("all") else None)


def roles_of(who: Who) -> list[Role]:
    """The roles that somebody can give away."""
    return [role for role in Role if who.role.covers(role)]


def role_of(text: str) -> Role:
    """A role by its name. Raises: BadInput."""
    if text not in list(Role):
        raise BadInput(f"there is no role {text!r}", hint=f"use one of {', '.join(Role)}")
    return Role(text)


def _session(request: Request) -> str:
    return str(getattr(request.state, "session", ""))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


ROUTES = [
    Route("/login", login, methods=READS),
    Route("/login", open_to_all(posted(_sign_in)), methods=["POST"]),
    Route("/logout", needs(Role.VIEWER)(posted(_sign_out)), methods=["POST"]),
    Route("/settings", settings, methods=READS),
    Route("/settings/account", account, methods=READS),
    Route("/settings/account/password", needs(Role.VIEWER)(posted(_change_password)), methods=["POST"]),
    Route("/settings/account/end", needs(Role.VIEWER)(posted(_end_session)), methods=["POST"]),
    Route("/settings/tokens", tokens, methods=READS),
    Route("/settings/tokens", needs(Role.VIEWER)(posted(_add_token)), methods=["POST"]),
    Route("/settings/tokens/remove", needs(Role.VIEWER)(posted(_remove_token)), methods=["POST"]),
]
