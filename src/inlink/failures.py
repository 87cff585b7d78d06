"""How a failure is told over HTTP, by pages and API alike: the one table from error class to status, the one body."""

from __future__ import annotations

from dataclasses import dataclass

from inlink import errors

PROBLEM = "application/problem+json"

STATUS: dict[type[errors.InlinkError], int] = {
    errors.BadInput: 400,
    errors.NotFound: 404,
    errors.NotConfigured: 503,
    errors.Unreachable: 503,
    errors.NotConverged: 500,
    errors.CorruptIndex: 500,
    errors.Busy: 503,
    errors.Outdated: 409,
    errors.Refused: 403,
    errors.TookTooLong: 503,
}

TITLES = {
    400: "That cannot be answered as asked",
    401: "Not signed in",
    403: "Not allowed",
    404: "There is nothing here",
    405: "That cannot be done here",
    406: "Not in that form",
    409: "Changed meanwhile",
    413: "Too much at once",
    415: "Not in that form",
    421: "Not the name of this site",
    429: "Too many requests",
    500: "Something broke",
    503: "Not ready",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a visitor is told, as a page or as JSON. kind: the class of the error."""

    status: int
    title: str
    error: str
    hint: str = ""
    kind: str = ""

    def body(self) -> dict[str, object]:
        """The JSON error body. Source: RFC 9457, with `hint` (what to do) and `kind` (the class of error) besides."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.error,
            "hint": self.hint,
            "kind": self.kind or KINDS.get(self.status, "Failure"),
        }


KINDS = {
    400: "BadInput",
    401: "NotSignedIn",
    403: "Refused",
    404: "NotFound",
    405: "BadInput",
    413: "BadInput",
    429: "TooMany",
    503: "Busy",
}
"""What a failure that no error of ours stands behind is called."""


def failure(error: errors.InlinkError) -> Failure:
    """The failure that an error of the domain is told as."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return Failure(status, TITLES[status], error.message, error.hint, type(error).__name__)


def of_status(status: int, detail: str = "") -> Failure:
    """The failure of a request that reached no page."""
    hint = "Start at the first page: it lists what is in this index." if status == 404 else ""
    return Failure(status, TITLES.get(status, "That did not work"), detail or "No page has this address.", hint)
