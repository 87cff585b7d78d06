"""The one table from error class to HTTP status, and the one error body."""

from __future__ import annotations

from dataclasses import dataclass

from inlink import errors

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
}

TITLES = {
    400: "That cannot be answered as asked",
    403: "Not allowed",
    404: "There is nothing here",
    405: "This site only reads",
    409: "Changed meanwhile",
    421: "Not the name of this site",
    500: "Something broke",
    503: "Not ready",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a visitor is told, as a page or as JSON."""

    status: int
    title: str
    error: str
    hint: str = ""

    def body(self) -> dict[str, object]:
        """The JSON error body."""
        return {"ok": False, "status": self.status, "title": self.title, "error": self.error, "hint": self.hint}


def failure(error: errors.InlinkError) -> Failure:
    """The failure that an error of the domain is told as."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return Failure(status, TITLES[status], error.message, error.hint)


def of_status(status: int, detail: str = "") -> Failure:
    """The failure of a request that reached no page."""
    hint = "Start at the first page: it lists what is in this index." if status == 404 else ""
    return Failure(status, TITLES.get(status, "That did not work"), detail or "No page has this address.", hint)
