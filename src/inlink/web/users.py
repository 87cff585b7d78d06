"""Users and the audit log, for admins."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, NotFound, Refused
from inlink.web.access import needs, who_of
from inlink.web.account import role_of, roles_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, posted, to
from inlink.workbench import audit as log
from inlink.workbench.accounts import User
from inlink.workbench.people import Role

PAGE = 100
ACTIONS = {
    "": "everything",
    "login": "sign-ins",
    "user": "users",
    "token": "tokens",
    "job": "jobs",
    "settings": "settings",
}


@needs(Role.ADMIN)
def users(request: Request) -> Response:
    """Who may sign in."""
    return _users(request)


def _users(request: Request, problem: InlinkError | None = None, given: Form | None = None) -> Response:
    who, accounts = who_of(request), bench_of(request).accounts
    return page(
        request,
        "users.html",
        status_code=200 if problem is None else 400,
        who=who,
        users=accounts.users(who),
        roles=roles_of(who),
        problem=problem,
        given=given,
    )


def _add(request: Request, form: Form) -> Response:
    accounts = bench_of(request).accounts
    password = form.texts.get("password", ("",))[-1]
    is_first = not accounts.exist()
    try:
        role = role_of(form.text("role"))
        accounts.add(who_of(request), form.text("name"), password, role, email=form.text("email"))
    except (BadInput, Refused) as error:
        return _users(request, error, form)
    return to("/login", next="/settings/users") if is_first else to("/settings/users")


@needs(Role.ADMIN)
def user(request: Request) -> Response:
    """One user."""
    return _user(request, _asked(request))


def _user(request: Request, found: User, problem: InlinkError | None = None, done: str = "") -> Response:
    status = 200 if problem is None else 400
    who = who_of(request)
    return page(
        request, "user.html", status_code=status, who=who, user=found, roles=roles_of(who), problem=problem, done=done
    )


def _asked(request: Request) -> User:
    number = request.path_params["user_id"]
    for found in bench_of(request).accounts.users(who_of(request)):
        if found.user_id == number:
            return found
    raise NotFound(f"there is no user {number}", hint="Settings › Users lists them all")


def _change(request: Request, form: Form) -> Response:
    found, accounts, who = _asked(request), bench_of(request).accounts, who_of(request)
    what = request.path_params["what"]
    try:
        if what == "role":
            found = accounts.set_role(who, found.name, role_of(form.text("role")))
        elif what == "email":
            found = accounts.set_email(who, found.name, form.text("email"))
        elif what == "password":
            found = accounts.set_password(who, found.name, form.texts.get("password", ("",))[-1])
        elif what in ("disable", "enable"):
            found = accounts.set_disabled(who, found.name, what == "disable")
        elif what == "remove":
            accounts.remove(who, found.name)
            return to("/settings/users")
        else:
            raise NotFound(f"a user has no {what}", hint="go back to the user")
    except (BadInput, Refused) as error:
        return _user(request, found, error)
    return _user(request, found, done=DONE[what])


DONE = {
    "role": "The role is changed; it counts from the next page on.",
    "email": "The address is changed.",
    "password": "The password is changed. The user is signed out everywhere.",
    "disable": "The user cannot sign in any more, and is signed out everywhere.",
    "enable": "The user can sign in again.",
}


@needs(Role.ADMIN)
def audit(request: Request) -> Response:
    """Who did what, the latest first."""
    action = request.query_params.get("action", "")
    before = request.query_params.get("before", "")
    older = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = log.entries(bench_of(request).database, limit=PAGE + 1, before_id=older, action=action[:50])
    shown = found[:PAGE]
    return page(
        request,
        "audit.html",
        entries=shown,
        action=action,
        actions=ACTIONS,
        is_later=older is not None,
        before=shown[-1].id if len(found) > PAGE else None,
    )


ROUTES = [
    Route("/settings/users", users, methods=READS),
    Route("/settings/users", needs(Role.ADMIN)(posted(_add)), methods=["POST"]),
    Route("/settings/users/{user_id:int}", user, methods=READS),
    Route("/settings/users/{user_id:int}/{what}", needs(Role.ADMIN)(posted(_change)), methods=["POST"]),
    Route("/settings/audit", audit, methods=READS),
]
