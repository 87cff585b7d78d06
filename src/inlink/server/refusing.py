"""Requests that are refused before any page or route sees them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException

from inlink.failures import TITLES, Failure


class Refusal(HTTPException):
    """Why a request goes no further. Raised behind the gate, pages and API tell it themselves."""

    def __init__(self, status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message, headers)
        self.failure = Failure(status, TITLES.get(status, ""), message, hint)
