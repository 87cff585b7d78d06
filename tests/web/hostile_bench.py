"""A workbench whose every text is hostile: markup, controls, directions, formulas, a megabyte of letters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from web_stub import SNAPSHOT, StubBench

from inlink.errors import NotConfigured
from inlink.mending.redirects import Redirect
from inlink.workbench import Evidence, Rows, RowStream, Target
from inlink.workbench.archived_pages import ArchivedPage, harmless
from inlink.workbench.broken import OUT_COLUMNS, OWN_COLUMNS, BrokenPages
from inlink.workbench.changes import COLUMNS as CHANGE_COLUMNS
from inlink.workbench.fields import shown_fields
from inlink.workbench.lists import DEFAULT_COLUMNS

DEFAULTS = {**DEFAULT_COLUMNS, "changes": CHANGE_COLUMNS}
NOW = datetime(2026, 11, 14, 6, 12, 41, tzinfo=UTC)
TEXTS = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}",
    "</title></textarea></option></select><svg/onload=alert(1)>",
    "safe\u202egpj.exe\u2066\x00\x1b[31mred\x07\x9b\r\nSet-Cookie: a=b",
    '=HYPERLINK("https://evil.example/","click")',
    "a" * 1_000_000,
    "مرحبا بالعالم",
    "javascript:alert(1)",
    "",
)
URLS = (
    'https://evil.example/"><script>alert(1)</script>',
    "javascript:alert(document.domain)",
    "data:text/html,<script>alert(1)</script>",
    "https://evil.example/" + "a" * 1_000_000,
    "https://evil.example/\u202egpj.exe?x={{7*7}}",
    "//evil.example/",
    "https://evil.example/#' onmouseover='alert(1)",
    "vbscript:x",
)
TYPES = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "time": pa.timestamp("us", tz="UTC"),
         "text": pa.string(), "list": pa.list_(pa.string())}  # fmt: skip
PAGE = """<!doctype html><html><head><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/r">
<link rel="stylesheet" href="https://evil.example/s.css"><link rel="dns-prefetch" href="https://evil.example"><link rel="preload" as="script" href="https://evil.example/p.js">
<style>@import url(https://evil.example/i.css); body { background: url(https://evil.example/b.png) } mark { display: none }</style>
<script>document.title = "ran"; top.location = "https://evil.example/top"; fetch("https://evil.example/f")</script></head>
<body onload="top.location='https://evil.example/onload'" style="background:url(https://evil.example/inline.png)">
<img src="https://evil.example/i.png" srcset="https://evil.example/2x.png 2x" onerror="alert(1)" alt="a picture"><iframe src="https://evil.example/frame" srcdoc="<script>parent.x=1</script>"></iframe>
<object data="https://evil.example/o"></object><embed src="https://evil.example/e"><video autoplay src="https://evil.example/v" poster="https://evil.example/poster"></video>
<svg><script>alert(1)</script><image href="https://evil.example/svg.png"/><use href="https://evil.example/u.svg#a"/></svg><math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math>
<form action="https://evil.example/post" method="post"><input name="a" autofocus onfocus="alert(1)" value="typed"><button formaction="https://evil.example/b">Send</button></form>
<p>before <a href="https://evil.example/click" target="_top" ping="https://evil.example/ping" onclick="alert(1)" id="location" name="top">the hostile link</a> after</p>
<template><img src=x onerror=alert(1)></template><noscript><p title="</noscript><img src=x onerror=alert(1)>">n</p></noscript><plaintext><script>alert(1)</script>"""  # noqa: E501


class Nowhere:
    """Where nothing is kept: a serving file without its workspace."""

    def __getattr__(self, name: str) -> Any:
        raise NotConfigured("there is no workspace here", hint="make one")


class HostileBench(StubBench):
    """Answers every question of the tables with the columns that are asked for. page: what the archive holds."""

    def __init__(self, page: str = PAGE) -> None:
        super().__init__()
        self.page = page
        self.projects: Any = Nowhere()

    def __getattr__(self, name: str) -> Any:
        if name in ("domains", "hosts", "ips", "subnets", "anchors", "pages", "outlinks", "outdomains"):
            return self._door(name)
        raise AttributeError(name)

    def backlinks(self, target: str, scope: str | None = None, **options: Any) -> Rows:
        return self._door("backlinks")(target, scope=scope, **options)

    def changes(self, target: str, **options: Any) -> Rows:
        scope = options.pop("scope", None)
        return self._door("changes")(target, scope=scope, **options)

    def _door(self, question: str) -> Callable[..., Rows]:
        def answer(target: str, scope: str | None = None, **options: Any) -> Rows:
            columns = tuple(options.get("columns") or DEFAULTS.get(question) or shown_fields(question))
            table = made(question, columns)
            about = Target(target, scope or "domain", scope is None)
            return Rows(table, columns, table.num_rows, None, about, SNAPSHOT, (f"left out: {TEXTS[0]}",))

        return answer

    def stream(self, question: str, target: str, **options: Any) -> RowStream:
        columns = tuple(options.get("columns") or DEFAULTS.get(question) or shown_fields(question))
        table = made(question, columns)
        return RowStream(columns, table.schema, iter(table.to_batches()), Target(TEXTS[0], "domain"), SNAPSHOT)

    def broken(self, target: str, **_options: Any) -> BrokenPages:
        table = rows_of_types(OWN_COLUMNS)
        redirects = tuple(Redirect(url, URLS[0], TEXTS[2]) for url in URLS if url.startswith("http"))
        rows = Rows(table, OWN_COLUMNS, len(table), None, Target(target, "domain"), SNAPSHOT, (TEXTS[0],))
        return BrokenPages(rows, redirects)

    def broken_outgoing(self, target: str, **_options: Any) -> Rows:
        return Rows(rows_of_types(OUT_COLUMNS), OUT_COLUMNS, len(URLS), None, Target(target, "domain"), SNAPSHOT, ())

    def evidence(self, link_id: int) -> Evidence:
        start = self.page.index("<a href")
        shown = Evidence(link_id, "shown", URLS[0], URLS[1], NOW, TEXTS[2], 7, 9, TEXTS[0])
        end = self.page.index(" after</p>")
        return dataclasses.replace(shown, html=self.page, start=start, end=end, note=TEXTS[0], is_page=True)

    def archived_page(self, link_id: int) -> ArchivedPage:
        found = self.evidence(link_id)
        return ArchivedPage(found, harmless(found.html, found.start), True, False)


def made(question: str, columns: tuple[str, ...]) -> pa.Table:
    """Rows of a question, hostile in every text."""
    fields = shown_fields(question)
    types = {name: fields[name].type for name in columns}
    return pa.table({name: pa.array(values_of(name, types[name]), TYPES[types[name]]) for name in columns})


def values_of(name: str, type_: str) -> list[Any]:
    n = len(URLS)
    if name == "link_id":
        return [2**62 + number for number in range(n)]
    if name.endswith("_url") or name in ("canonical", "target_now"):
        return list(URLS)
    if name.endswith(("_domain", "_host")):
        return [text[:253] for text in TEXTS]  # names are no longer
    numbers: dict[str, list[Any]] = {
        "int": [1, 2, 3, 4, 5, 6, 7, 8],
        "float": [0.5] * n,
        "bool": [True, False, None, True, False, None, True, False],
        "time": [NOW] * n,
        "list": [[text[:100_000] for text in TEXTS]] * n,
        "text": list(TEXTS),
    }
    return numbers[type_]


def rows_of_types(columns: tuple[str, ...]) -> pa.Table:
    types = dict.fromkeys(columns, "text")
    types |= dict.fromkeys(("n_domains", "n_follow_domains", "n_links", "n_pages"), "int")
    types |= dict.fromkeys(("linked_from", "anchors"), "list") | dict.fromkeys(("worth", "likeness"), "float")
    types |= {"since": "time", "is_internal": "bool"}
    found = {name: pa.array(values_of(name, types[name]), TYPES[types[name]]) for name in columns}
    found["state"] = pa.array(["dead", "captured", "failing", "changed"] * 2)
    found["suggestion"] = pa.array([*URLS[:-1], None])
    return pa.table({name: found[name] for name in columns})
