"""Answer a question whose rows are links or groups of links: one page of it, or all of it as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from inlink.errors import BadInput
from inlink.index.serving_columns import columns_of
from inlink.index.serving_groups import GROUPINGS, counting
from inlink.index.serving_heavy import KEPT_GROUPINGS, KEPT_GROUPS, KEPT_ROWS, kept_columns
from inlink.index.serving_sql import (
    DEFAULT_ORDER,
    KEPT,
    LINKS_IN_GROUP,
    LIVE,
    LOST,
    VOTES,
    DerivedQuery,
    Grouping,
    GroupsQuery,
    Key,
    RowsQuery,
    Sql,
    all_of,
)
from inlink.workbench import hand_rows
from inlink.workbench.conditions import Field, condition, nearest
from inlink.workbench.counting import counted
from inlink.workbench.cursors import Cursor, after, read_cursor, view_digest, write_cursor
from inlink.workbench.filters import Filter, comparisons, conjuncts, parse_filter
from inlink.workbench.notes import notes_of
from inlink.workbench.options import View
from inlink.workbench.places import Found, Served
from inlink.workbench.results import Rows, RowStream

DEFAULT_COLUMNS: dict[str, tuple[str, ...]] = {
    "backlinks": (
        "source_url", "title", "source_domain", "target_url", "anchor", "kind", "follow", "nofollow", "ugc",
        "sponsored", "region", "text_before", "text_after", "strength", "lang", "first_seen", "last_seen", "is_live",
        "lost_at", "lost_reason", "change", "link_id",
    ),
    "outlinks": (
        "source_url", "target_url", "target_domain", "anchor", "kind", "follow", "nofollow", "ugc", "sponsored",
        "region", "first_seen", "last_seen", "is_live", "link_id",
    ),
    "domains": (
        "source_domain", "strength", "n_links", "n_follow_links", "n_unknown_follow_links", "n_pages", "n_target_pages",
        "n_new_links", "n_lost_links", "first_seen", "last_seen",
    ),
    "outdomains": (
        "target_domain", "n_pages", "n_links", "n_follow_links", "n_unknown_follow_links", "n_target_pages",
        "n_new_links", "n_lost_links", "first_seen", "last_seen",
    ),
    "pages": (
        "target_url", "n_domains", "n_follow_domains", "n_pages", "n_links", "n_follow_links", "n_unknown_follow_links",
        "n_new_links", "n_lost_links", "first_seen", "last_seen", "target_status", "target_title",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A question ready to be asked: its query, what it is bound to, and whether its answer is kept."""

    question: str
    found: Found | None
    view: View
    query: RowsQuery | GroupsQuery | DerivedQuery
    digest: str
    kept: str | None
    grouping: Grouping | None = None
    cursor: Cursor | None = None
    columns: tuple[str, ...] = field(default_factory=tuple)

    @property
    def is_default(self) -> bool:
        """Whether the rows are the links that default views show."""
        view = self.view
        is_plain = view.group == "none" and not view.where and view.state == "live"
        return self.question == "backlinks" and is_plain and not (view.infrastructure or view.embeds or view.indirect)


def answer(served: Served, question: str, found: Found, view: View, grouping: Grouping | None = None) -> Rows:
    """One page of the answer.

    Raises: BadInput for a filter, sort, column or cursor that does not fit the question.
    """
    rows = answer_plan(served, plan_of(served, question, found, view, grouping))
    return replace(rows, notes=notes_of(served, question, found, view, rows.n_total))


def answer_plan(served: Served, plan: Plan, made: tuple[pa.Table, int] | None = None) -> Rows:
    """One page of a planned answer, without notes; made: its rows and their number, where they are there already."""
    view = plan.view
    n_shown = plan.cursor.n_shown if plan.cursor else 0
    kept = None if made else _kept_page(served, plan, n_shown)
    table, n_total = made or kept or _made_page(served, plan)
    n_after = n_shown + table.num_rows
    is_end = n_after >= n_total or view.limit is None or table.num_rows < view.limit
    cursor = None
    if not is_end and table.num_rows:
        names = [f"_k{n}" for n in range(len(plan.query.order))]
        last = table.slice(table.num_rows - 1).select(names).to_pylist()[0]
        cursor = write_cursor(Cursor(tuple(last.values()), n_after, n_total), served.serving.snapshot, plan.digest)
    if "link_id" in plan.columns and view.limit is not None:
        served.see(table["link_id"].to_pylist(), table[f"_k{len(plan.query.order) - 1}"].to_pylist())
    target = plan.found.target if plan.found else None
    shown, snapshot = table.select(list(plan.columns)), served.serving.snapshot
    return Rows(shown, plan.columns, n_total, cursor, target, snapshot, is_kept=kept is not None)


def stream(served: Served, question: str, found: Found, view: View, grouping: Grouping | None = None) -> RowStream:
    """All of the answer (or `limit` rows of it), in batches."""
    plan = plan_of(served, question, found, view, grouping)
    return replace(stream_plan(served, plan), notes=notes_of(served, question, found, view, None))


def stream_plan(served: Served, plan: Plan) -> RowStream:
    """All of a planned answer, in batches, without notes."""
    reader = served.serving.stream(plan.query.select())
    schema = pa.schema([reader.schema.field(name) for name in plan.columns])
    target = plan.found.target if plan.found else None
    return RowStream(plan.columns, schema, _selected(reader, plan.columns), target, served.serving.snapshot)


def _selected(reader: pa.RecordBatchReader, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        yield batch.select(list(columns))


def plan_of(served: Served, question: str, found: Found, view: View, grouping: Grouping | None = None) -> Plan:
    """The question checked and made into a query."""
    grouping = grouping or _grouping(question, view)
    tree = parse_filter(view.where)
    make = _rows_query if grouping is None else _groups_query
    query = make(question, found, view, tree, grouping)
    digest = view_digest(question + (grouping.name if grouping else ""), str(found.target), view)
    cursor = None
    if view.cursor is not None:
        cursor = read_cursor(view.cursor, served.serving.snapshot, digest, len(query.order))
        query = replace(query, after=after(query.order, cursor.keys))
    kept = _kept_table(found, view, query, grouping)
    return Plan(question, found, view, query, digest, kept, grouping, cursor, query.columns)


def counting_by(by: str) -> Grouping:
    """The counting of links by a column. Raises: BadInput for a column that does not exist."""
    check_columns("column", (by,), columns_of("links"))
    return counting(by)


def _grouping(question: str, view: View) -> Grouping | None:
    if question in ("backlinks", "outlinks"):
        return None
    name = "folded_anchors" if question == "anchors" and view.folded else question
    if view.group != "none":
        raise BadInput(f"{question} cannot be grouped", hint="group is for backlinks and outlinks")
    if view.indirect:
        raise BadInput(f"{question} counts direct links", hint="indirect is for backlinks")
    return GROUPINGS[name]


def relation_of(question: str, view: View) -> str:
    """The table that a question reads."""
    if question in ("outlinks", "outdomains"):
        return "outgoing"
    return "indirect" if view.indirect else "links"


def _rows_query(question: str, found: Found, view: View, tree: Filter | None, _: Grouping | None) -> RowsQuery:
    relation = relation_of(question, view)
    known = columns_of(relation)
    fields = {name: Field(*_typed(column.on(relation), column.type)) for name, column in known.items()}
    names = {**fields, **({LINKS_IN_GROUP: Field("g.links_in_group", "int")} if view.group != "none" else {})}
    where = all_of([in_state(view), not_left_out(relation, view, tree), condition(tree, fields)])
    columns = view.columns or _default_columns(question, view)
    check_columns("column", columns, names)
    order = (*order_of(view.sort, names), *DEFAULT_ORDER[relation])
    return RowsQuery(found.span(relation), where, columns, order, view.group, limit=view.limit)


def _typed(on: tuple[str, tuple[str, ...]], type_: str) -> tuple[str, str, tuple[str, ...]]:
    sql, needs = on
    return sql, type_, needs


def _default_columns(question: str, view: View) -> tuple[str, ...]:
    columns = DEFAULT_COLUMNS[question]
    if view.group != "none":
        columns = (*columns[:2], LINKS_IN_GROUP, *columns[2:])
    return (*columns, "via", "via_kind") if view.indirect else columns


def _groups_query(question: str, found: Found, view: View, tree: Filter | None, g: Grouping | None) -> GroupsQuery:
    grouping = g or GROUPINGS[question]
    relation = grouping.relation
    fields = {name: Field(*_typed(column.on(relation), column.type)) for name, column in columns_of(relation).items()}
    groups = {column.name: Field(f'g."{column.name}"', column.type) for column in grouping.columns}
    over_rows, over_groups = _divided(tree, fields, groups)
    columns = view.columns or DEFAULT_COLUMNS.get(question) or tuple(groups)
    check_columns("column", columns, groups)
    where = all_of([not_left_out(relation, view, tree), *(condition(part, fields) for part in over_rows)])
    having = all_of([_group_state(view), *(condition(part, groups) for part in over_groups)])
    sort = view.sort or tuple(f"-{name}" if down else name for name, down in grouping.sort)
    order = (*order_of(sort, groups), Key("g._key"))
    return GroupsQuery(grouping, found.span(relation), where, having, columns, order, limit=view.limit)


def _divided(
    tree: Filter | None, fields: Mapping[str, Field], groups: Mapping[str, Field]
) -> tuple[list[Filter], list[Filter]]:
    """Conditions on links, and conditions on sums; a name that both have means the link's, but for sums."""
    over_rows: list[Filter] = []
    over_groups: list[Filter] = []
    for part in conjuncts(tree):
        names = {test.column for test in comparisons(part)}
        if names <= set(fields):
            over_rows.append(part)
        elif names <= set(groups):
            over_groups.append(part)
        elif names <= set(fields) | set(groups):
            mixed = ", ".join(sorted(names))
            raise BadInput(f"filter: {mixed} mix links and sums in one condition", hint="join such conditions by and")
        else:
            condition(part, {**fields, **groups})
    return over_rows, over_groups


def in_state(view: View) -> Sql:
    """Live links, lost links, or all."""
    return {"live": LIVE, "lost": LOST, "all": Sql()}[view.state]


def _group_state(view: View) -> Sql:
    """Groups with a live link; or those that have lost all they had; or any."""
    return {
        "live": Sql('g."n_links" > 0'),
        "lost": Sql('g."n_links" = 0 AND g."n_lost_links" > 0'),
        "all": Sql(),
    }[view.state]


def not_left_out(relation: str, view: View, tree: Filter | None) -> Sql:
    """What a default view leaves out; a filter that names `kind` asks for kinds itself."""
    asks_kind = any(test.column == "kind" for test in comparisons(tree))
    parts = [] if view.infrastructure else [KEPT[relation]]
    parts += [] if view.embeds or asks_kind else [VOTES]
    return all_of(parts) if parts else Sql()


def order_of(sort: Sequence[str], names: Mapping[str, Field]) -> tuple[Key, ...]:
    """The sort keys of "-strength", "anchor desc" and the like. Raises: BadInput."""
    keys = []
    for text in sort:
        words = text.split()
        direction = words[1].lower() if len(words) == 2 else ""
        name = words[0].lstrip("-+").lower() if words else ""
        if len(words) > 2 or direction not in ("", "asc", "desc"):
            raise BadInput(f"cannot sort by {text!r}", hint="write a column, or -column for descending")
        check_columns("sort column", (name,), names)
        keys.append(Key(names[name].sql, words[0].startswith("-") or direction == "desc"))
    return tuple(keys)


def check_columns(what: str, columns: Sequence[str], names: Mapping[str, object]) -> None:
    """Raises: BadInput for a column that does not exist, with the nearest name."""
    for name in columns:
        if name not in names:
            raise BadInput(f"there is no {what} {name!r}", hint=nearest(name, names))


def _kept_table(found: Found, view: View, query: RowsQuery | GroupsQuery, grouping: Grouping | None) -> str | None:
    """The table of kept rows that this view reads, if it is a view as nobody narrowed it."""
    is_narrowed = view.where or view.sort or view.infrastructure or view.embeds or view.state != "live"
    if found.answer is None or is_narrowed or view.limit is None or query.span.relation != "links":
        return None
    if grouping is not None:
        return f"top_{grouping.name}" if grouping.name in KEPT_GROUPINGS else None
    is_kept = view.group in KEPT_GROUPS and set(query.columns) <= {*kept_columns(), LINKS_IN_GROUP}
    return f"top_backlinks_{view.group}" if is_kept else None


def _kept_page(served: Served, plan: Plan, n_shown: int) -> tuple[pa.Table, int] | None:
    """The page from the kept rows; None where they end before the page does."""
    limit = plan.view.limit
    if plan.kept is None or plan.found is None or limit is None or n_shown + limit > KEPT_ROWS:
        return None
    names = ", ".join(f'"{name}"' for name in dict.fromkeys(plan.columns))
    keys = ", ".join(f"_k{n}" for n in range(len(plan.query.order)))
    text = f"SELECT {names}, {keys}, n_total FROM {plan.kept} WHERE answer = ? AND pos >= ? AND pos < ? ORDER BY pos"
    table = served.serving.arrow(Sql(text, (plan.found.answer, n_shown, n_shown + limit)))
    if not table.num_rows:
        return None
    return table, table["n_total"][0].as_py()


def _made_page(served: Served, plan: Plan) -> tuple[pa.Table, int]:
    """The page from a query, with the number of rows of the whole view."""
    query, cursor, limit = plan.query, plan.cursor, plan.view.limit
    if isinstance(query, RowsQuery):
        hand = served.hands.of(served.serving, query.span)
        listing = hand_rows.listed(served, hand, query, plan.view, cursor) if hand is not None else None
        if listing is not None:
            return listing
    if cursor is None and limit is not None and isinstance(query, GroupsQuery):
        hand = served.hands.of(served.serving, query.span)
        found = counted(served, hand, query, plan.view) if hand is not None else None
        if found is not None:
            return found
        table = served.serving.arrow(query.select(counted=True), is_long=served.is_long(query.span))
        return table, table["_total"][0].as_py() if table.num_rows else 0
    is_long = query.is_long if isinstance(query, DerivedQuery) else served.is_long(query.span)
    if isinstance(query, DerivedQuery) and query.narrow and limit is not None:
        rows = [row for (row,) in served.serving.rows(query.page(), is_long=is_long)]
        table = served.serving.arrow(query.select_rows(rows), is_long=is_long)
    else:
        table = served.serving.arrow(query.select(), is_long=is_long)
    if cursor is not None and cursor.n_total is not None:
        return table, cursor.n_total
    if cursor is None and (limit is None or table.num_rows < limit):
        return table, table.num_rows
    if plan.is_default and plan.found is not None and plan.found.tally is not None:
        return table, plan.found.tally.n_links
    ((n_total,),) = served.serving.rows(query.count(), is_long=is_long)
    return table, n_total
