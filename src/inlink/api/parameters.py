"""What requests may say: each parameter declared once, its closed lists taken from the workbench."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from inlink.urls.identity import SCOPES
from inlink.workbench.comparing import MODES
from inlink.workbench.options import DEFAULT_LIMIT, GROUPS, MAX_LIMIT, STATES

FORMATS = ("json", "jsonl", "csv")
MAX_PAGE = 10_000
"""Rows of one JSON answer: more are asked for page by page, or as JSON Lines or CSV."""

URL_CHARS = 8192
FILTER_CHARS = 20_000
NAME_CHARS = 2000


class Asked(BaseModel):
    """What every request may say. Names that an operation does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def one_of(words: Sequence[str]) -> dict[str, Any]:
    """The schema of a closed list; the workbench judges it."""
    return {"type": "string", "enum": list(words)}


def word(words: Sequence[str], description: str, **more: Any) -> Any:
    """A field of a closed list."""
    return Field(description=description, json_schema_extra={"enum": list(words)}, max_length=100, **more)


def _limit(value: object) -> object:
    """Rows as a number, or None for all. Raises: ValueError."""
    if value == "all":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_LIMIT:
        raise ValueError(f"write a number from 1 to {MAX_LIMIT:,}, or all")
    return value


_LIMIT_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, {"type": "string", "const": "all"}]}
Limit = Annotated[int | None, BeforeValidator(_limit), WithJsonSchema({**_LIMIT_SCHEMA, "default": DEFAULT_LIMIT})]


def _flag(value: object) -> object:
    """True or false. Raises: ValueError."""
    known = {"true": True, "false": False, "1": True, "0": False}
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    if not isinstance(value, bool):
        raise ValueError("write true or false")
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]


def _at_most(n: int) -> Callable[[object], object]:
    def check(value: object) -> object:
        if isinstance(value, str) and len(value) > n:
            raise ValueError(f"at most {n:,} characters, not {len(value):,}")
        return value

    return check


Text = Annotated[str, BeforeValidator(_at_most(NAME_CHARS)), Field(max_length=NAME_CHARS)]
Url = Annotated[str, BeforeValidator(_at_most(URL_CHARS)), Field(max_length=URL_CHARS)]
Where = Annotated[str, BeforeValidator(_at_most(FILTER_CHARS)), Field(max_length=FILTER_CHARS)]

Target = Annotated[
    Url,
    Field(
        description="A page, a path with all below it, a host or a domain: https://crumb.example/starter, "
        "crumb.example/guides/, www.crumb.example, crumb.example.",
        min_length=1,
    ),
]
SCOPE = word(
    SCOPES,
    "How much the target stands for: one page, a path and all below it, a host, or a domain with all its hosts. "
    "Where it is left out, it is guessed from the target's form, and `scope_is_guessed` says so.",
)
STRICT = Field(
    description="Scope url: match the normalised URL; do not fold scheme, www, index names and tracking parameters."
)
FORMAT = word(
    FORMATS,
    "Form of the answer; where it is left out, the `Accept` header decides (application/jsonl, text/csv), else JSON. "
    "JSON Lines and CSV stream any number of rows.",
)
INFRASTRUCTURE = Field(
    description="Keep rows of infrastructure and hosting domains (CDN, fonts, analytics, widgets), left out by default."
)
LIMIT = Field(
    description=f"How many rows, or all. JSON holds at most {MAX_PAGE:,}: follow `next`, or ask for jsonl or csv."
)
CURSOR = Field(description="Go on after the page that ended with this cursor.")


class Formed(Asked):
    """The form of an answer of rows."""

    format: Annotated[str | None, FORMAT] = None


class Listed(Formed):
    """A list that comes page by page."""

    limit: Annotated[Limit, LIMIT] = DEFAULT_LIMIT
    cursor: Annotated[Text | None, CURSOR] = None


class Placed(Asked):
    """A target with its scope."""

    target: Target
    scope: Annotated[str | None, SCOPE] = None


class Strict(Placed):
    """A target whose URL may be taken literally."""

    strict: Annotated[Flag, STRICT] = False


class View(Listed):
    """What every table of rows can do."""

    where: Annotated[
        Where, Field(description="Keep rows that match, as in: nofollow = false and region = 'main'. See filters.md.")
    ] = ""
    sort: Annotated[Text, Field(description="Columns with commas between; -column is descending.")] = ""
    columns: Annotated[Text, Field(description="Columns to answer with, with commas between, in this order.")] = ""
    infrastructure: Annotated[Flag, INFRASTRUCTURE] = False
    embeds: Annotated[Flag, Field(description="Keep images, scripts, styles and the like, left out by default.")] = (
        False
    )


STATE = word(STATES, "Live links, lost links, or all.")
GROUP = word(
    GROUPS, "Rows collapsed into one with a count: similar links (repeated across a site), or by page or domain."
)


class Sums(View, Strict):
    """A table of what is counted about a target."""

    state: Annotated[str, STATE] = "live"


class Links(Sums):
    """A table of links."""

    group: Annotated[str, GROUP] = "none"
    indirect: Annotated[
        Flag, Field(description="Links that reach the target through a redirect or canonical, instead of direct ones.")
    ] = False


class Anchors(Sums):
    """A table of anchors."""

    folded: Annotated[Flag, Field(description="Count anchors in lower case without punctuation as one.")] = False


class Changes(View):
    """What became of links in a period."""

    target: Annotated[Target | None, Field(description="Whose links; all targets where it is left out.")] = None
    scope: Annotated[str | None, SCOPE] = None
    strict: Annotated[Flag, STRICT] = False
    from_: Annotated[
        Text | None,
        Field(alias="from", description="Start of the period (not included): a day, a time, or a snapshot."),
    ] = None
    to: Annotated[
        Text | None, Field(description="End of the period (included): a day, a time, or a snapshot. Default: now.")
    ] = None


class Compared(View):
    """Two or more targets side by side."""

    target: Annotated[
        list[Target],
        Field(description="A target; say it twice or more (target=a&target=b).", min_length=1, max_length=100),
    ]
    mode: Annotated[
        str, word(MODES, "Domains that link to all, to any, or to the others but not to the first (gap).")
    ] = "intersect"
    scope: Annotated[str | None, SCOPE] = None
    strict: Annotated[Flag, STRICT] = False
    state: Annotated[str, STATE] = "live"


Format = Literal["json", "jsonl", "csv", "parquet"]


def options_of(view: BaseModel, *beside: str) -> dict[str, Any]:
    """The options of a view as the workbench takes them: those that were said, and always the limit."""
    said = view.model_dump(exclude={"format", "target", *beside}, exclude_none=True, exclude_defaults=True)
    return {**said, "limit": getattr(view, "limit", None)}
