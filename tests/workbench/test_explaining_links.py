"""The links behind the sources of a flow, asked for together, against each source asked for by itself."""

from __future__ import annotations

import pytest

from inlink.workbench import Workbench, explaining_links
from inlink.workbench.results import Rows

ASKED = [
    ("crumbandcrust.example", "domain", "source_domain"),
    ("crumbandcrust.example", "host", "source_host"),
    ("https://crumbandcrust.example/", "url", "source_key"),
]


def links(bench: Workbench, target: str, scope: str, where: str) -> Rows:
    """The links that satisfy a filter."""
    columns = ("source_url", "anchor", "link_id", "source_key")
    return bench.backlinks(target, scope=scope, where=where, columns=columns, limit=1, infrastructure=True)


@pytest.mark.parametrize(("together", "letters"), [(1000, 8000), (3, 8000), (1000, 40)])
@pytest.mark.parametrize(("target", "scope", "column"), ASKED)
def test_they_are_those_of_each_source(
    ranked_bench: Workbench,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    scope: str,
    column: str,
    together: int,
    letters: int,
) -> None:
    monkeypatch.setattr(explaining_links, "_TOGETHER", together)
    monkeypatch.setattr(explaining_links, "_LETTERS", letters)
    found = ranked_bench.explain(target, scope=scope, limit=None).rows
    assert len(found) > 3
    for row in found:
        link = links(ranked_bench, target, scope, f"source_url = '{row.name}'") if scope == "url" else None
        key = row.name if link is None else next(iter(link.to_dicts()), {column: "not a backlink"})[column]
        alone = links(ranked_bench, target, scope, f"{column} = '{key}' and follow = true")
        best = next(iter(alone.to_dicts()), None)
        shown = (row.n_links, row.best_link, row.best_anchor, row.best_link_id)
        wanted = best and (alone.n_total, best["source_url"], best["anchor"], best["link_id"])
        assert shown == (wanted or (None, None, None, None))
    assert sum(row.n_links is not None for row in found) > 2


def test_a_quote_in_a_name_is_doubled(ranked_bench: Workbench) -> None:
    rows = ranked_bench.explain("crumbandcrust.example", scope="domain", limit=2).rows
    ask = explaining_links.links_behind(ranked_bench, "crumbandcrust.example", "domain")
    behind = explaining_links.with_links(rows, ["o'x.example", rows[1].name], "source_domain", ask)
    assert [row.n_links for row in behind] == [rows[0].n_links, rows[1].n_links]
