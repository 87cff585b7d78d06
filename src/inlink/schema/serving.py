"""Tables of a serving file (`serve/<snapshot>.duckdb`), and the words that stand in them.

Rows stand in the snapshot's order (target key, strength descending, source URL), so each scope is a run of rows.

| table | one row per | order |
|---|---|---|
| links | link between domains; narrow columns first, then texts | row |
| outgoing | the same links seen from their source, without long texts | source_page, ordinal |
| indirect | link that reaches a page through a redirect or canonical, with the chain | row (its own) |
| versions | unbroken run of captures of a link that changed or came back | row, seen_from |
| retargets | lost link whose page links elsewhere instead since, with where to | row |
| pages | page captured or linked to: its facts, its rows in links | page, which follows the key |
| captures | attempt to see a page, with where its record lies | page, fetched_at |
| hosts, domains, ips | name, with its number and sums | number, which follows the key |
| host_places, domain_places | name: where its rows and pages lie, how many links views show and leave out | number |
| pairs | source domain and target domain | target, strength |
| marks | every 2,048th key of pages, hosts and domains: read into memory | name, number |
| heavy | target with more rows than `heavy_rows` (meta): the number of its kept answers | |
| sums, cards | kept counts of a heavy target | answer |
| stays | referring domains of a heavy target with the same days: first, last, lost | answer |
| top_… | first rows of a kept list | answer, pos |
| meta | fact about the file | |
"""

from __future__ import annotations

CHANGES = ("new", "found", "lost", "changed", "restored", "moved")

# Why a link counts as changed, by change. Parts of `changed` are joined with "+".
CHANGE_REASONS = {
    "new": ("link_added",),  # an earlier capture of the page lacked it
    "found": ("page_found",),  # the page itself was seen for the first time
    "lost": ("removed", "page_gone", "page_redirects", "page_not_html"),
    "changed": ("rel", "anchor", "alt", "target"),
    "restored": ("link_restored",),  # it was there, was lost, and is back
    "moved": ("moved",),  # the same anchor and context now stands on another page of the site
}
