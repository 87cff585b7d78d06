"""Forms that change something: read (the server bounds them), answered on a thread, told again where wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from inlink.errors import BadInput

MAX_FIELDS = 200
MAX_TEXT_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Form:
    """What a form says: texts by name, and at most one file."""

    texts: Mapping[str, tuple[str, ...]]
    file: UploadFile | None = None

    def text(self, name: str) -> str:
        """One field, without white space around it; empty where it is missing."""
        return self.texts.get(name, ("",))[-1].strip()

    def lines(self, name: str) -> list[str]:
        """The lines of a field, and of all of that name; no empty ones, no comments."""
        found = [line.strip() for text in self.texts.get(name, ()) for line in text.splitlines()]
        return [line for line in found if line and not line.startswith("#")]

    def is_on(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.texts

    def number(self, name: str, label: str) -> int | None:
        """A whole number, None where the field is empty. Raises: BadInput."""
        text = self.text(name).replace(",", "").replace("\u00a0", "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise BadInput(f"{label} should be a whole number", hint="leave it empty for no limit", field=name)
        return int(text)


class Given(dict[str, str]):
    """What was typed into a form that is shown again; empty for what was not."""

    def __missing__(self, name: str) -> str:
        return ""


Handler = Callable[[Request, Form], Response]


def posted(handler: Handler) -> Callable[[Request], Any]:
    """An endpoint that reads the form and has the handler answer on a thread."""

    async def endpoint(request: Request) -> Response:
        form = await _read(request)
        try:
            return await run_in_threadpool(handler, request, form)
        finally:
            if form.file is not None:
                await form.file.close()

    return endpoint


async def _read(request: Request) -> Form:
    return _formed(await request.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_TEXT_BYTES))


def _formed(data: FormData) -> Form:
    texts: dict[str, tuple[str, ...]] = {}
    file = None
    for name, value in data.multi_items():
        if isinstance(value, str):
            texts[name] = (*texts.get(name, ()), value)
        elif value.filename:
            file = value
    return Form(texts, file)


def to(path: str, **query: object) -> Response:
    """The page to look at after a form."""
    asked = urlencode({name: value for name, value in query.items() if value not in (None, "")})
    return RedirectResponse(f"{path}?{asked}" if asked else path, status_code=303)
