"""What a user's target means, and where its rows stand in the served file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args

from inlink.errors import BadInput
from inlink.index.serving_reader import Place, Serving, Tally
from inlink.index.serving_sql import Span, Sql
from inlink.urls import identity
from inlink.urls.domains import SuffixRules
from inlink.workbench.hands import Hands
from inlink.workbench.results import Target
from inlink.workbench.turns import Turns

T = TypeVar("T")

REMEMBERED = 4096
REMEMBERED_ANSWERS = 1024
HELD = 512  # costly answers
SEEN = 20_000  # links whose rows are known
LONG_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Served:
    """What questions are asked of: an open serving file and the suffix rules that its snapshot was made with.

    remembered: answers that were costly; a served file never changes, so they stay right.
    seen: rows of the links that were shown lately, by their numbers: nothing else leads from a number to its link.
    """

    serving: Serving
    rules: SuffixRules
    hands: Hands = field(default_factory=Hands, repr=False)
    turns: Turns = field(default_factory=Turns, repr=False)
    remembered: dict[Any, Any] = field(default_factory=dict, repr=False)
    seen: dict[int, int] = field(default_factory=dict, repr=False)
    _located: dict[tuple[str, str | None, bool], Found] = field(default_factory=dict, repr=False)

    def remember(self, key: object, answer: object) -> None:
        """Keep a costly answer; where too many are kept, all are forgotten."""
        if len(self.remembered) >= REMEMBERED_ANSWERS:
            self.remembered.clear()
        self.remembered[key] = answer

    def see(self, links: Sequence[int | None], rows: Sequence[int]) -> None:
        """Note where links that are shown stand; where too many are noted, all are forgotten."""
        if len(self.seen) + len(links) > SEEN:
            self.seen.clear()
        self.seen.update((link, row) for link, row in zip(links, rows, strict=True) if link is not None)

    def locate(self, text: str, scope: str | None, *, strict: bool = False) -> Found:
        """The target of a text, and where it stands; targets asked for lately are remembered.

        Raises: BadInput for a text that is no target or a scope that does not exist.
        """
        asked = (text, scope, strict)
        found = self._located.get(asked)
        if found is None:
            if len(self._located) >= REMEMBERED:
                self._located.clear()
            found = self._located[asked] = self._locate(text, scope, strict=strict)
        return found

    def once(self, key: object, make: Callable[[], T]) -> T:
        """A costly answer, made when it is asked for first; some hundreds are held."""
        found: T | None = self.remembered.get(key)
        if found is None:
            found = make()
            if len(self.remembered) >= HELD:
                self.remembered.clear()
            self.remembered[key] = found
        return found

    def n_rows(self, span: Span) -> int:
        """How many rows a span has: of links an upper bound; where its runs are pages, they are counted."""
        if span.column == "row":
            return span.width
        text = f"SELECT count(*) FROM {span.relation} l WHERE {span.sql.text}"
        return self.once(("n_rows", span), lambda: int(self.serving.rows(Sql(text, span.sql.params))[0][0]))

    def is_long(self, span: Span) -> bool:
        """Whether reading a span takes long."""
        return self.n_rows(span) > LONG_ROWS

    def _locate(self, text: str, scope: str | None, *, strict: bool) -> Found:
        wanted = _scope(scope)
        target = identity.target(text, wanted, rules=self.rules, is_strict=strict)
        place = self.serving.find(target.kind, target.ranges, key=target.key, host=target.host, domain=target.domain)
        name = {"host": target.host, "domain": target.domain}.get(target.kind) or target.url or text
        shown = f"{name.removesuffix('/')}/*" if target.kind == "prefix" else name
        is_strict = strict and target.kind == "url"
        return Found(
            Target(shown, target.kind, is_guessed=scope is None),
            place,
            strict_url=target.url if is_strict else None,
            reason=target.reason if scope is None else "",
            domain=target.domain,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A target with its place."""

    target: Target
    place: Place
    strict_url: str | None = None
    reason: str = ""
    domain: str = ""

    def span(self, relation: str) -> Span:
        """Its rows in a relation; with `strict`, those of the very URL."""
        span = self.place.span(relation)
        if self.strict_url is None:
            return span
        column = "source_url" if relation == "outgoing" else "target_url"
        return Span(span.relation, span.column, span.runs, (*span.equal, (column, self.strict_url)))

    @property
    def tally(self) -> Tally | None:
        """What default views show and leave out; None where that is not stored."""
        return self.place.tally if self.strict_url is None else None

    @property
    def answer(self) -> int | None:
        """The number of its kept answers, if it has any."""
        return self.place.answer if self.strict_url is None else None


def _scope(scope: str | None) -> identity.Scope | None:
    if scope is None:
        return None
    for known in get_args(identity.Scope):
        if known == scope:
            found: identity.Scope = known
            return found
    raise BadInput(f"there is no scope {scope!r}", hint=f"use one of {', '.join(get_args(identity.Scope))}")
