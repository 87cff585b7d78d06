"""What became of links in (from, to]: the state at either end compared, with the captures of each page as judge.

Without dates each page is its own measure: its latest conclusive capture against the one before. With dates, a link is
there at a time if the latest conclusive capture of its page up to then holds it. A page that was not looked at between
the two times shows no change: "we did not look" is never "lost".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from inlink.errors import BadInput
from inlink.index.serving_columns import columns_of, joins_of
from inlink.index.serving_sql import DerivedQuery, Key, Span, Sql, all_of
from inlink.schema.serving import CHANGES
from inlink.workbench import hand_changes
from inlink.workbench.conditions import Field, condition
from inlink.workbench.cursors import after, read_cursor, view_digest
from inlink.workbench.filters import comparisons, parse_filter
from inlink.workbench.lists import Plan, answer_plan, check_columns, not_left_out, order_of, stream_plan
from inlink.workbench.notes import left_out_notes
from inlink.workbench.options import View, refuse
from inlink.workbench.places import Found, Served
from inlink.workbench.results import Rows, RowStream

MOST_HELD = 100  # rows of a page that is remembered

COLUMNS = (
    "change", "reason", "changed_at", "source_url", "source_domain", "target_url", "anchor", "anchor_before",
    "rel_before", "target_now", "kind", "follow", "rel", "region", "strength", "first_seen", "last_seen", "is_live",
    "link_id",
)  # fmt: skip

OWN_COLUMNS = {
    "change": ("text", f"{', '.join(CHANGES[:-1])} or {CHANGES[-1]}"),
    "reason": ("text", "why it counts as that; several are joined by +"),
    "changed_at": ("time", "capture that shows the change"),
    "anchor_before": ("text", "the anchor that was, where it changed"),
    "rel_before": ("text", "the rel that was, where it changed"),
    "target_now": ("text", "where the link leads now, with reason target"),
}
"""Columns that changes have besides those of links: type and meaning."""

_OWN = {name: Field(f'g."{name}"', type_) for name, (type_, _) in OWN_COLUMNS.items()}

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


def changes(served: Served, found: Found | None, window: tuple[datetime | None, datetime | None], view: View) -> Rows:
    """One page of the changes."""
    rows = _first_page(served, found, window, view)
    rows = rows or answer_plan(served, _plan(served, found, window, view))
    notes = [found.reason] if found is not None and found.reason else []
    notes += left_out_notes(served, found, view) if found is not None else []
    notes += _window_notes(served, window) if view.cursor is None else []
    if not rows.table.num_rows and view.cursor is None:
        notes.append("no change in this window: pages that were not captured in it show none")
    return replace(rows, notes=tuple(notes))


def _first_page(
    served: Served, found: Found | None, window: tuple[datetime | None, datetime | None], view: View
) -> Rows | None:
    """The latest changes, as overviews show them; None for other views."""
    if view.cursor is not None or view.limit is None or view.limit > MOST_HELD:
        return None
    key = ("changes", found and (found.target, found.span("links")), window, view)
    return served.once(key, lambda: _answered(served, _plan(served, found, window, view), window))


def _answered(served: Served, plan: Plan, window: tuple[datetime | None, datetime | None]) -> Rows:
    """A first page, counted from the rows in hand where they tell it."""
    hand = None
    if plan.found is not None and window == (None, None):
        hand = served.hands.of(served.serving, plan.found.span("links"))
    made = hand_changes.changed(served, hand, plan.columns, plan.view) if hand is not None else None
    return answer_plan(served, plan, made)


def stream_changes(
    served: Served, found: Found | None, window: tuple[datetime | None, datetime | None], view: View
) -> RowStream:
    """All changes, in batches."""
    return stream_plan(served, _plan(served, found, window, view))


def _plan(served: Served, found: Found | None, window: tuple[datetime | None, datetime | None], view: View) -> Plan:
    refuse("changes", view, "group", "state", "indirect", "folded")
    tree = parse_filter(view.where)
    known = columns_of("links")
    links = {name: Field(f'g."{name}"', column.type) for name, column in known.items() if name not in ("change", "via")}
    fields = {**_OWN, **links}
    columns = view.columns or COLUMNS
    check_columns("column", columns, fields)
    order = (*order_of(view.sort or ("-changed_at", "change"), fields), Key('g."_row"'))
    wanted = condition(tree, fields)  # refuses columns that there are not, before they are looked for
    tested = {test.column for test in comparisons(tree)}
    used = {*columns, *tested, *(_name_of(key) for key in order)}
    span = Span("links", "row", ((0, 1 << 44),)) if found is None else found.span("links")
    where, rows = all_of([span.sql, not_left_out("links", view, tree)]), (span.first, span.end)
    narrow = _inner(where, window, tested | {_name_of(key) for key in order}, rows)

    def of_rows(page: Sequence[int]) -> Sql:
        return _inner(all_of([where, among(page)]), window, used, rows, page)

    query = DerivedQuery(
        _inner(where, window, used, rows),
        columns,
        order,
        wanted,
        limit=view.limit,
        narrow=narrow,
        of_rows=of_rows,
        is_long=span.is_long,
    )
    target = str(found.target) if found is not None else "*"
    digest = view_digest(f"changes {window}", target, view)
    cursor = None
    if view.cursor is not None:
        cursor = read_cursor(view.cursor, served.serving.snapshot, digest, len(order))
        query = replace(query, after=after(order, cursor.keys))
    return Plan("changes", found, view, query, digest, None, cursor=cursor, columns=columns)


def _name_of(key: Key) -> str:
    return key.sql.removeprefix('g."').removesuffix('"')


def among(rows: Sequence[int]) -> Sql:
    """The condition that a row is one of these."""
    return Sql(f"l.row IN ({', '.join(str(int(row)) for row in rows)})") if rows else Sql("false")


def _inner(
    where: Sql,
    window: tuple[datetime | None, datetime | None],
    wanted: set[str],
    rows: tuple[int, int],
    page: Sequence[int] | None = None,
) -> Sql:
    """The changed links with the wanted columns, as a query to filter and sort; nothing else is read."""
    known = columns_of("links")
    names = sorted(wanted - set(OWN_COLUMNS) - {"_row"})
    needs = {need for name in names for need in known[name].needs}
    changed = _since_before(where, wanted) if window == (None, None) else _between(where, window)
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


def _between(where: Sql, window: tuple[datetime | None, datetime | None]) -> Sql:
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


def _window_notes(served: Served, window: tuple[datetime | None, datetime | None]) -> list[str]:
    if window == (None, None):
        return ["compared: the latest capture of each page with the one before (from and to set other times)"]
    start = f"{window[0]:%Y-%m-%d %H:%M} UTC" if window[0] else "the beginning"
    end = f"{window[1]:%Y-%m-%d %H:%M} UTC" if window[1] else served.serving.meta["latest_capture"][:16] + " UTC"
    return [f"compared: {start} with {end}"]


def moment(value: str | datetime | None) -> datetime | None:
    """A time as the user writes it; a date alone means the end of that day, in UTC.

    Raises: BadInput for what is no date.
    """
    if value is None or isinstance(value, datetime):
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)
    try:
        time = datetime.fromisoformat(value)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"{value!r} is no date and no snapshot", hint="write 2026-05-31 or 2026-05-31T12:00") from None
    is_day = len(value) <= len("2026-05-31")
    return time + (timedelta(days=1) - timedelta(microseconds=1)) if is_day else time
