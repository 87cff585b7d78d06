"""Several domains, or several releases, side by side: intersect, gap, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from inlink.errors import BadInput, NotFound
from inlink.graph.blocks import Card
from inlink.graph.compare_releases import diff_heads, diff_lists, shared
from inlink.workbench.results import Rows, Target
from inlink.workbench.who import STANDING, Found, OpenRelease, ReleaseAnswer, rounded


def intersect(
    opened: OpenRelease, texts: Sequence[str], *, at_least: int | None = None, but_not: str | None = None
) -> ReleaseAnswer:
    """Domains that reference all of several, or at least so many, and not one more.

    Raises: BadInput where a domain is named twice, also in another spelling; NotFound, and what reading raises.
    """
    found = [opened.locate(text) for text in texts]
    mine = None if but_not is None else opened.locate(but_not)
    cards = [_known(each) for each in found]
    _check_different(cards, mine)
    asked = opened.asked
    answer = shared(
        opened.release, cards, len(cards) if at_least is None else at_least,
        but_not=None if mine is None else _known(mine),
        limit=opened.limit(), offset=asked.offset, keep_flagged=asked.infrastructure,
    )  # fmt: skip
    columns: dict[str, Sequence[object]] = {
        "source_host" if opened.is_of_hosts else "source_domain": answer.names,
        "n_targets": answer.counts.tolist(),
        **opened.columns(answer.nodes.tolist(), answer.positions),
        **{f"references_{i + 1}": answer.references[:, i].tolist() for i in range(len(cards))},
    }
    types = [pa.string(), pa.int64(), *STANDING.values(), *(pa.bool_() for _ in cards)]
    table = pa.Table.from_pydict(columns, schema=pa.schema(list(zip(columns, types, strict=True))))
    notes = [_shared_headline(opened.names_are, answer.n_total, cards, at_least, mine)]
    if answer.n_left_out:
        left_out = f"{answer.n_left_out:,} infrastructure and hosting {opened.names_are} left out"
        notes.append(f"{left_out} (--infrastructure keeps them)")
    notes += [note for each in found for note in each.notes]
    notes += opened.traffic()
    rows = Rows(table, tuple(columns), answer.n_total, None, None, opened.title, tuple(notes))
    return ReleaseAnswer(rows, {"targets": [opened.facts(card) for card in cards]})


def _check_different(cards: Sequence[Card], mine: Found | None) -> None:
    """Raises: BadInput where one name stands for two of them."""
    if mine is not None and mine.card is not None and mine.card.node in [card.node for card in cards]:
        raise BadInput(
            f"{mine.name} is named among those to be referenced and as the one that is not",
            hint="leave it out of the others: name only other sites besides your own",
        )
    seen: set[int] = set()
    for card in cards:
        if card.node in seen:
            raise BadInput(
                f"{card.name} is named more than once",
                hint="name each once; another spelling, or a page of it, is the same name in a release",
            )
        seen.add(card.node)


def _shared_headline(names_are: str, n: int, cards: Sequence[Card], at_least: int | None, mine: Found | None) -> str:
    names = ", ".join(card.name for card in cards)
    every = "all of" if at_least in (None, len(cards)) else f"at least {at_least} of"
    what = f"{every} {names}" if len(cards) > 1 else names
    return f"{n:,} {names_are} that reference {what}" + (f" and not {mine.name}" if mine is not None else "")


def _known(found: Found) -> Card:
    """Raises: NotFound where the release cannot tell."""
    if found.card is None:
        raise NotFound(found.notes[0], hint="a release of hosts keeps it apart")
    return found.card


def diff(a: OpenRelease, b: OpenRelease, text: str | None, *, n_top: int = 1000) -> ReleaseAnswer:
    """What two releases say of a domain, or of their strongest domains; counts also a million edges."""
    if a.is_of_hosts != b.is_of_hosts:
        raise BadInput("one release is of hosts, the other of domains", hint="compare releases of one kind")
    title = f"{a.title} → {b.title}"
    return _diff_heads(a, b, title, n_top) if text is None else _diff_domain(a, b, title, text)


NOT_DELETED = "what only one release has may not have been crawled for the other: absent is not proof of deletion"


def _diff_domain(a: OpenRelease, b: OpenRelease, title: str, text: str) -> ReleaseAnswer:
    found = [_or_missing(opened, text) for opened in (a, b)]
    if found[0] is None and found[1] is None:
        raise NotFound(f"neither release has {text}", hint="check the name")
    cards = tuple(None if each is None else _known(each) for each in found)
    asked = a.asked
    wanted = a.limit()
    limit = 10**9 if wanted is None else wanted
    answer = diff_lists((a.release, b.release), (cards[0], cards[1]), limit, keep_flagged=asked.infrastructure)
    rows: list[dict[str, object]] = []
    for opened, label, part in ((b, "only in B", answer.only_b), (a, "only in A", answer.only_a)):
        numbers = opened.columns([each.node for each in part], [each.position for each in part])
        for i, each in enumerate(part):
            row = {"seen": label, "source": each.name, "because": _BECAUSE[each.reason]}
            rows.append({**row, **{key: values[i] for key, values in numbers.items()}})
    schema = pa.schema([("seen", pa.string()), ("source", pa.string()), ("because", pa.string()), *STANDING.items()])
    table = pa.Table.from_pylist(rows, schema=schema)
    facts = _sizes(a, b, cards)
    name = next(card.name for card in cards if card is not None)
    walked = f"the strongest {answer.n_walked[0]:,} sources in A and {answer.n_walked[1]:,} in B were compared"
    notes = (*_said(a.names_are, name, facts), walked, NOT_DELETED)
    scope = "host" if a.is_of_hosts else "domain"
    shown = Rows(table, tuple(table.column_names), None, None, Target(name, scope), title, notes)
    return ReleaseAnswer(shown, facts)


_BECAUSE = {"source": "the other release lacks the source", "reference": "the source is in both"}


def _or_missing(opened: OpenRelease, text: str) -> Found | None:
    try:
        return opened.locate(text)
    except NotFound:
        return None


def _sizes(a: OpenRelease, b: OpenRelease, cards: Sequence[Card | None]) -> dict[str, object]:
    """Counts of both, as they are and a million edges; what A's count would be in a crawl of B's size."""
    facts: dict[str, object] = {}
    for key, opened, card in zip("ab", (a, b), cards, strict=True):
        manifest = opened.release.manifest
        n_in = 0 if card is None else card.n_in
        facts |= {
            f"n_edges_{key}": manifest.n_edges_in,
            f"n_referring_{key}": None if card is None else n_in,
            f"per_million_edges_{key}": None if card is None else 1e6 * n_in / max(manifest.n_edges_in, 1),
            f"position_{key}": None if card is None else card.position,
            f"authority_{key}": None if card is None else rounded(card.authority),
        }
    first = cards[0]
    scale = b.release.manifest.n_edges_in / max(a.release.manifest.n_edges_in, 1)
    facts["n_referring_a_at_size_of_b"] = None if first is None else round(first.n_in * scale)
    return facts


def _said(names_are: str, name: str, facts: Mapping[str, object]) -> tuple[str, ...]:
    counts = [facts["n_referring_a"], facts["n_referring_b"]]
    words = [f"{count:,}" if isinstance(count, int) else "not there" for count in counts]
    said = [f"{names_are} that reference {name}: {words[0]} in A, {words[1]} in B"]
    expected = facts["n_referring_a_at_size_of_b"]
    if isinstance(expected, int):
        said.append(f"B's crawl has {facts['n_edges_b']:,} edges, A's {facts['n_edges_a']:,}: of B's size, "
                    f"A would have about {expected:,}")  # fmt: skip
    return tuple(said)


def _diff_heads(a: OpenRelease, b: OpenRelease, title: str, n_top: int) -> ReleaseAnswer:
    moved = diff_heads(a.release, b.release, n_top)
    limit = a.limit()
    tops = [min(n_top, each.release.n, each.release.manifest.layout.head) for each in (a, b)]
    ordered = sorted(moved, key=lambda each: -_size_of_move(each.position_a, each.position_b, max(tops)))[:limit]
    table = pa.table(
        {
            "domain": pa.array([each.name for each in ordered], pa.string()),
            "position_a": pa.array([each.position_a for each in ordered], pa.int64()),
            "position_b": pa.array([each.position_b for each in ordered], pa.int64()),
            "authority_a": pa.array([_authority(a, each.position_a) for each in ordered], pa.float64()),
            "authority_b": pa.array([_authority(b, each.position_b) for each in ordered], pa.float64()),
        }
    )
    sizes = {key: (opened.release.n, opened.release.manifest.n_edges_in) for key, opened in (("A", a), ("B", b))}
    said = "; ".join(f"{key}: {n:,} names, {m:,} edges" for key, (n, m) in sizes.items())
    of_both = (
        f"{tops[0]:,} strongest of either" if tops[0] == tops[1] else f"{tops[0]:,} strongest of A, {tops[1]:,} of B"
    )
    notes = (said, f"the {of_both}, those that moved most first", NOT_DELETED)
    rows = Rows(table, tuple(table.column_names), len(moved), None, None, title, notes)
    facts = {
        f"{what}_{key.lower()}": n
        for key, pair in sizes.items()
        for what, n in zip(("n", "n_edges"), pair, strict=True)
    }
    return ReleaseAnswer(rows, facts)


def _size_of_move(a: int | None, b: int | None, n_top: int) -> float:
    """How far a position moved, as a ratio; a domain without one counts as just behind those looked at."""
    first, second = (n_top + 1 if position is None else position for position in (a, b))
    return max(first, second) / min(first, second)


def _authority(opened: OpenRelease, position: int | None) -> float | None:
    return None if position is None else rounded(opened.release.authority(position))
