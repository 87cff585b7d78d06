"""SQL of what changed: the stored comparison of each page's latest two captures, and the states at any two times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from inlink.errors import BadInput
from inlink.index.serving_columns import columns_of, joins_of
from inlink.index.serving_sql import Sql
from inlink.schema.serving import CHANGES

Window = tuple[datetime | None, datetime | None]
LATEST: Window = (None, None)
"""Each page's latest capture compared with the one before."""

OWN_COLUMNS = {
    "change": ("text", f"{', '.join(CHANGES[:-1])} or {CHANGES[-1]}"),
    "reason": ("text", "why it counts as that; several are joined by +"),
    "changed_at": ("time", "capture that shows the change"),
    "anchor_before": ("text", "the anchor that was, where it changed"),
    "rel_before": ("text", "the rel that was, where it changed"),
    "target_now": ("text", "where the link leads now, with reason target"),
}
"""Columns that changes have besides those of links: type and meaning."""

# A lost link whose page gained, at that very capture, one link with the same anchor and kind: its target changed.
_SHOWN = {name: f"m.{name}" for name in OWN_COLUMNS} | {
    "change": "CASE WHEN r.row IS NOT NULL THEN 'changed' ELSE m.change END",
    "reason": "CASE WHEN r.row IS NOT NULL THEN 'target' ELSE m.reason END",
    "target_now": "r.target_now",
}
_RETARGETED = frozenset(("change", "reason", "target_now"))
_FROM_VERSIONS = frozenset(("reason", "anchor_before", "rel_before"))

# The state of a link at a time: by its runs where it changed or came back, by its dates otherwise.
_RUN = "v{0}.seen_from <= {1} AND (v{0}.ended_at IS NULL OR v{0}.ended_at > {1})"
_THERE = "CASE WHEN n.row IS NULL THEN l.first_seen <= {1} AND (l.lost_at IS NULL OR l.lost_at > {1}) ELSE v{0}.row IS NOT NULL END"  # noqa: E501

# What one look could not know is no change of it; rel is known where ugc is, as both are read from it.
_REL_DIFFERS = """(coalesce({0}.nofollow <> {1}.nofollow, false) OR coalesce({0}.ugc <> {1}.ugc, false)
            OR coalesce({0}.sponsored <> {1}.sponsored, false)
            OR ({0}.ugc IS NOT NULL AND {1}.ugc IS NOT NULL AND {0}.rel IS DISTINCT FROM {1}.rel))"""
_ALT_DIFFERS = "coalesce({0}.alt <> {1}.alt, false)"
# One of them may be cut by WAT, at 128 or 100 characters and trimmed.
_ANCHOR_DIFFERS = """coalesce({0}.anchor <> {1}.anchor AND NOT (
            least(length({0}.anchor), length({1}.anchor)) BETWEEN 96 AND 128
            AND (starts_with({0}.anchor, {1}.anchor) OR starts_with({1}.anchor, {0}.anchor))), false)"""

_STATES = """
    SELECT l.row, {there_from} AS was, {there_to} AS is_, l.is_added,
           CASE WHEN n.row IS NULL THEN l.first_seen ELSE v1.seen_from END AS gained_at,
           l.first_seen <= {from_} AS was_before,
           CASE WHEN n.row IS NULL THEN l.lost_at ELSE n.ended_at END AS ended_at,
           CASE WHEN n.row IS NULL THEN l.lost_reason ELSE n.ended_by END AS ended_by,
           v0.anchor AS anchor_0, v0.rel AS rel_0,
           {is_rel_new} AS is_rel_new, {is_anchor_new} AS is_anchor_new, {is_alt_new} AS is_alt_new,
           v0.row IS NOT NULL AND v1.row IS NOT NULL AS has_both
    FROM links l
    LEFT JOIN versions v0 ON v0.row = l.row AND {run_from}
    LEFT JOIN versions v1 ON v1.row = l.row AND {run_to}
    LEFT JOIN (
        SELECT row, max_by(ended_at, seen_from) FILTER (seen_from <= {to}) AS ended_at,
               max_by(ended_by, seen_from) FILTER (seen_from <= {to}) AS ended_by
        FROM versions GROUP BY row
    ) n ON n.row = l.row
    WHERE {where} AND l.first_seen <= {to}
"""

_BETWEEN = """
    SELECT s.row, s.was, s.is_,
        CASE
            WHEN NOT s.was AND s.is_ AND s.was_before THEN 'restored'
            WHEN NOT s.was AND s.is_ THEN CASE WHEN s.is_added THEN 'new' ELSE 'found' END
            WHEN s.was AND NOT s.is_ THEN CASE WHEN s.ended_by = 'moved' THEN 'moved' ELSE 'lost' END
            ELSE 'changed'
        END AS change,
        CASE
            WHEN NOT s.was AND s.is_ AND s.was_before THEN 'link_restored'
            WHEN NOT s.was AND s.is_ THEN CASE WHEN s.is_added THEN 'link_added' ELSE 'page_found' END
            WHEN s.was AND NOT s.is_ THEN s.ended_by
            ELSE concat_ws('+', CASE WHEN s.is_rel_new THEN 'rel' END,
                                CASE WHEN s.is_anchor_new THEN 'anchor' END,
                                CASE WHEN s.is_alt_new THEN 'alt' END)
        END AS reason,
        CASE WHEN s.is_ THEN s.gained_at ELSE s.ended_at END AS changed_at,
        CASE WHEN s.has_both AND s.is_anchor_new THEN s.anchor_0 END AS anchor_before,
        CASE WHEN s.has_both AND s.is_rel_new THEN s.rel_0 END AS rel_before
    FROM ({states}) s
    WHERE s.was IS DISTINCT FROM s.is_ OR (s.has_both AND (s.is_rel_new OR s.is_anchor_new OR s.is_alt_new))
"""


def changed_sql(
    where: Sql,
    window: Window,
    wanted: set[str],
    rows: tuple[int, int],
    page: Sequence[int] | None = None,
) -> Sql:
    """The changed links with the wanted columns, as a query to filter and sort; nothing else is read."""
    known = columns_of("links")
    names = sorted(wanted - set(OWN_COLUMNS) - {"_row"})
    needs = {need for name in names for need in known[name].needs}
    changed = _since_before(where, wanted) if window == LATEST else _between(where, window)
    shown = ["m.row AS _row", *(f'{_SHOWN[name]} AS "{name}"' for name in OWN_COLUMNS if name in wanted)]
    shown += [f'{known[name].sql} AS "{name}"' for name in names]
    retargeted = (
        "LEFT JOIN (SELECT row, target_now FROM retargets WHERE row >= {} AND row < {}) r "
        "ON r.row = m.row AND m.change = 'lost'"
    ).format(*rows)
    beside = "JOIN links l ON l.row = m.row" + ("" if page is None else f" AND {among(page).text}")
    text = (
        f"SELECT {', '.join(shown)} FROM ({changed.text}) m {beside if names else ''} "
        f"{retargeted if wanted & _RETARGETED else ''} {joins_of(needs)}"
    )
    return Sql(text, changed.params)


def among(rows: Sequence[int]) -> Sql:
    """The condition that a row is one of these."""
    return Sql(f"l.row IN ({', '.join(str(int(row)) for row in rows)})") if rows else Sql("false")


def _between(where: Sql, window: Window) -> Sql:
    from_ = window[0] or datetime(1, 1, 1, tzinfo=UTC)
    to = window[1] or datetime(9999, 1, 1, tzinfo=UTC)
    if from_ > to:
        raise BadInput(f"from {from_:%Y-%m-%d %H:%M} lies after to {to:%Y-%m-%d %H:%M}", hint="swap them")
    times = {"from_": f"TIMESTAMPTZ '{from_.isoformat()}'", "to": f"TIMESTAMPTZ '{to.isoformat()}'"}
    states = _STATES.format(
        where=where.text,
        there_from=_THERE.format(0, times["from_"]),
        there_to=_THERE.format(1, times["to"]),
        run_from=_RUN.format(0, times["from_"]),
        run_to=_RUN.format(1, times["to"]),
        is_rel_new=_REL_DIFFERS.format("v0", "v1"),
        is_anchor_new=_ANCHOR_DIFFERS.format("v0", "v1"),
        is_alt_new=_ALT_DIFFERS.format("v0", "v1"),
        **times,
    )
    return Sql(_BETWEEN.format(states=states), where.params)


def _since_before(where: Sql, wanted: set[str]) -> Sql:
    """The stored comparison of each page's latest conclusive capture with the one before."""
    is_rel_new = _REL_DIFFERS.format("v", "l")
    is_anchor_new, is_alt_new = _ANCHOR_DIFFERS.format("v", "l"), _ALT_DIFFERS.format("v", "l")
    before = f""", CASE l.change
                WHEN 'new' THEN 'link_added' WHEN 'found' THEN 'page_found' WHEN 'restored' THEN 'link_restored'
                WHEN 'changed' THEN concat_ws('+',
                    CASE WHEN {is_rel_new} THEN 'rel' END,
                    CASE WHEN {is_anchor_new} THEN 'anchor' END,
                    CASE WHEN {is_alt_new} THEN 'alt' END,
                    CASE WHEN NOT ({is_rel_new} OR {is_anchor_new} OR {is_alt_new}) THEN 'anchor' END)
                ELSE l.lost_reason END AS reason,
            CASE WHEN l.change = 'changed' AND {is_anchor_new} THEN v.anchor END AS anchor_before,
            CASE WHEN l.change = 'changed' AND {is_rel_new} THEN v.rel END AS rel_before
    """
    versions = """
        LEFT JOIN versions v ON v.row = l.row AND v.ended_by = 'changed' AND v.ended_at = l.last_seen
            AND l.change = 'changed'
    """
    is_whole = bool(wanted & _FROM_VERSIONS)
    text = f"""
        SELECT l.row, l.change, CASE WHEN l.change IN ('lost', 'moved') THEN l.lost_at
                WHEN l.change IN ('changed', 'restored') THEN l.last_seen ELSE l.first_seen END AS changed_at
            {before if is_whole else ""}
        FROM links l {versions if is_whole else ""}
        WHERE {where.text} AND l.change IS NOT NULL
    """
    return Sql(text, where.params)
