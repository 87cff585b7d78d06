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
from inlink.index.serving_changes import LATEST, OWN_COLUMNS, Window, among, changed_sql
from inlink.index.serving_columns import columns_of
from inlink.index.serving_heavy import KEPT_CHANGES, kept_columns
from inlink.index.serving_sql import DerivedQuery, Key, Span, Sql, all_of
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

_OWN = {name: Field(f'g."{name}"', type_) for name, (type_, _) in OWN_COLUMNS.items()}


def changes(served: Served, found: Found | None, window: Window, view: View) -> Rows:
    """One page of the changes."""
    rows = _first_page(served, found, window, view)
    rows = rows or answer_plan(served, _plan(served, found, window, view))
    notes = [found.reason] if found is not None and found.reason else []
    notes += left_out_notes(served, found, view) if found is not None else []
    notes += _window_notes(served, window) if view.cursor is None else []
    if not rows.table.num_rows and view.cursor is None:
        notes.append("no change in this window: pages that were not captured in it show none")
    return replace(rows, notes=tuple(notes))


def _first_page(served: Served, found: Found | None, window: Window, view: View) -> Rows | None:
    """The latest changes, as overviews show them; None for other views."""
    if view.cursor is not None or view.limit is None or view.limit > MOST_HELD:
        return None
    key = ("changes", found and (found.target, found.span("links")), window, view)
    return served.once(key, lambda: _answered(served, _plan(served, found, window, view), window))


def _answered(served: Served, plan: Plan, window: Window) -> Rows:
    """A first page, counted from the rows in hand where they tell it."""
    hand = None
    if plan.found is not None and window == LATEST:
        hand = served.hands.of(served.serving, plan.found.span("links"))
    made = hand_changes.changed(served, hand, plan.columns, plan.view) if hand is not None else None
    return answer_plan(served, plan, made)


def stream_changes(served: Served, found: Found | None, window: Window, view: View) -> RowStream:
    """All changes, in batches."""
    return stream_plan(served, _plan(served, found, window, view))


def _plan(served: Served, found: Found | None, window: Window, view: View) -> Plan:
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
    narrow = changed_sql(where, window, tested | {_name_of(key) for key in order}, rows)

    def of_rows(page: Sequence[int]) -> Sql:
        return changed_sql(all_of([where, among(page)]), window, used, rows, page)

    query = DerivedQuery(
        changed_sql(where, window, used, rows),
        columns,
        order,
        wanted,
        limit=view.limit,
        narrow=narrow,
        of_rows=of_rows,
        is_long=served.is_long(span),
    )
    target = str(found.target) if found is not None else "*"
    digest = view_digest(f"changes {window}", target, view)
    cursor = None
    if view.cursor is not None:
        cursor = read_cursor(view.cursor, served.serving.snapshot, digest, len(order))
        query = replace(query, after=after(order, cursor.keys))
    is_plain = window == LATEST and not (view.where or view.sort or view.infrastructure or view.embeds)
    is_held = found is not None and found.answer is not None and set(columns) <= {*OWN_COLUMNS, *kept_columns()}
    kept = KEPT_CHANGES if is_plain and is_held else None
    return Plan("changes", found, view, query, digest, kept, cursor=cursor, columns=columns)


def _name_of(key: Key) -> str:
    return key.sql.removeprefix('g."').removesuffix('"')


def _window_notes(served: Served, window: Window) -> list[str]:
    if window == LATEST:
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
