"""Redirects as servers read them: nginx, Apache, CSV. Every address is escaped for the place where it stands.

Both servers compare the address as the client sent it (`$request_uri`, `THE_REQUEST`), so that escapes and queries are
those of the links. mod_rewrite reads its arguments as they are, up to the next quotation mark; nothing escapes one, so
none may stand there. Sources: ngx_http_map_module, ngx_conf_file.c; mod_rewrite.c of 2.4, parseargline.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from inlink.errors import BadInput

FORMATS = ("nginx", "apache", "csv")
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}/-]")
_UNSAFE = re.compile(r"[\x00-\x20\x22\x7f-\uffff\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Redirect:
    """From a dead address to a living one; `to` None where there is no suggestion. note: why, and what it is worth."""

    source: str
    to: str | None
    note: str = ""


def written(redirects: Sequence[Redirect], form: str) -> str:
    """The redirects in a form of FORMATS. Raises: BadInput for another one."""
    writers = {"nginx": nginx, "apache": apache, "csv": as_csv}
    if form not in writers:
        raise BadInput(f"redirects cannot be written for {form!r}", hint=f"use one of {', '.join(FORMATS)}")
    return writers[form](redirects)


def nginx(redirects: Sequence[Redirect]) -> str:
    """A map for the http block. Its strings ignore case; regular expressions keep apart what differs by that alone."""
    made = [each for each in redirects if each.to]
    folded = Counter(_place(each.source).lower() for each in made)
    longest = max((len(_place(each.source)) for each in made), default=0)
    bucket = 64
    while bucket < longest + 48:
        bucket *= 2
    lines = [
        "# In the http block: include this file. In the server block:",
        '#     if ($inlink_target) { return 301 "$inlink_target"; }',
        f"map_hash_bucket_size {bucket};",
        "map_hash_max_size 65536;",
        "map $host$request_uri $inlink_target {",
        '    default "";',
    ]
    for each in redirects:
        if each.note:
            lines.append(f"    # {_comment(each.note)}")
        if each.to is None:
            lines.append(f"    # no page comes near: {_comment(_place(each.source))}")
            continue
        place = _place(each.source)
        key = f"~^{_regex(place)}$" if folded[place.lower()] > 1 else place
        lines.append(f'    "{_quoted(key)}" "{_quoted(_safe(each.to).replace("$", "%24"))}";')
    return "\n".join([*lines, "}", ""])


def apache(redirects: Sequence[Redirect]) -> str:
    """Rules for the server's configuration or .htaccess (Apache 2.4, mod_rewrite)."""
    lines = ["RewriteEngine On"]
    for each in redirects:
        if each.note:
            lines.append(f"# {_comment(each.note)}")
        host, _, path = _place(each.source).partition("/")
        if each.to is None:
            lines.append(f"# no page comes near: {_comment(_place(each.source))}")
            continue
        target = re.sub(r"([$%\\])", r"\\\1", _safe(each.to))
        lines += [
            f'RewriteCond "%{{HTTP_HOST}}" "^{_regex(host)}(?::\\d+)?$" [NC]',
            f'RewriteCond "%{{THE_REQUEST}}" "^[A-Z]+ /{_regex(path)} HTTP/"',
            f'RewriteRule "^" "{target}" [R=301,L,NE,QSD]',
        ]
    return "\n".join([*lines, ""])


def as_csv(redirects: Sequence[Redirect]) -> str:
    """A table: from, to, status, note."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("from", "to", "status", "note"))
    for each in redirects:
        writer.writerow((each.source, each.to or "", "301" if each.to else "", _cell(each.note)))
    return out.getvalue()


def _cell(text: str) -> str:
    """A note that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _place(url: str) -> str:
    """Host, path and query as a client sends them."""
    parts = urlsplit(_safe(url))
    return f"{parts.hostname or ''}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _safe(url: str) -> str:
    """The address without what no URL holds: spaces, quotation marks, control characters, letters beyond ASCII."""
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")), url)


def _regex(text: str) -> str:
    """A regular expression (PCRE) that is met by the text alone."""
    return _SPECIAL.sub(lambda match: match[0] if match[0] in "/-" else f"\\{match[0]}", text)


def _quoted(text: str) -> str:
    """A text within nginx's quotation marks."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _comment(text: str) -> str:
    """A text that stays on its line; a backslash at its end would join the next line to it."""
    return "".join(letter if letter.isprintable() else " " for letter in text).rstrip("\\ ")
