"""The style sheets and the templates know the same classes."""

from __future__ import annotations

import re
from pathlib import Path

import inlink.web
from inlink.web.cells import BADGES
from inlink.web.charts import HUES, KEYS
from inlink.web.charts_net import KEY_STYLES, STYLES
from inlink.web.tables_list import TABLES
from inlink.web.tables_rows import kind_of

WEB = Path(inlink.web.__file__).parent
SHEETS = [WEB / "static" / name for name in ("inlink.css", "tables.css", "work.css")]
SCRIPTS = sorted((WEB / "static").glob("*.js"))
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
_NOT_SELECTORS = re.compile(r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"|'[^']*'", re.DOTALL)
_BRACED = re.compile(r"\{[^}]*\}")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def styled() -> set[str]:
    """Classes that a selector of a style sheet names."""
    text = "".join(style.read_text(encoding="utf-8") for style in SHEETS)
    selectors = re.findall(r"([^{}]*)\{", _NOT_SELECTORS.sub("", text))
    return {name for selector in selectors for name in re.findall(r"\.([a-zA-Z_][\w-]*)", selector)}


def worn() -> set[str]:
    """Classes that templates give to elements: as they stand, chosen by an expression, or by a macro's argument."""
    names = {
        *HUES,
        *KEYS,
        *STYLES.values(),
        *KEY_STYLES.values(),
        *(column.width for table in TABLES.values() for column in table.own),
    }
    names.update(re.findall(r'classList\.\w+\("([\w-]+)"\)', "".join(map(Path.read_text, SCRIPTS))))
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        for value in re.findall(r'\bclass="([^"]*)"', text):
            names.update(_JINJA.sub(" ", value).split())
            for expression in _JINJA.findall(value):
                chosen = re.sub(r"'[^']*'\s*:", "", expression)  # keys of a dictionary choose, they are not chosen
                names.update(word for words in re.findall(r"'([^']*)'", chosen) for word in words.split())
        names.update(word for _, words in re.findall(r'\b(kind|hue)="([\w -]*)"', text) for word in words.split())
    text = (WEB / "cells.py").read_text(encoding="utf-8")
    for value in re.findall(r'\bclass="((?:\{[^}]*\}|[^"{])*)"', text):
        names.update(_BRACED.sub(" ", value).split())
        names.update(word for braced in _BRACED.findall(value) for word in re.findall(r"[\w-]+", _quoted(braced)))
    names.update(word for words in re.findall(r"_outside\(.*?['\"]([\w -]+)['\"]\)", text) for word in words.split())
    names.update(word for table in TABLES.values() for c in table.columns.values() for word in kind_of(c).split())
    names.update(BADGES.values())
    return (names | {"htmx-request"}) - {""}  # put on by htmx while it asks


def _quoted(text: str) -> str:
    return " ".join(re.findall(r'"([^"]*)"', text))


def test_every_class_is_styled_and_every_style_is_worn() -> None:
    assert (sorted(styled() - worn()), sorted(worn() - styled())) == ([], [])
