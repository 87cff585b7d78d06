"""The closed list of reasons why a record, a row or an input could not be read, or only in part."""

from __future__ import annotations

from typing import Final

# slug: (is the record, row or input lost as a whole?, what it means)
REASONS: Final[dict[str, tuple[bool, str]]] = {
    # records of an archive
    "not-a-record": (True, "bytes between records that are no record; skipped up to the next record"),
    "bad-record-header": (True, "the record's header cannot be parsed or is too long"),
    "no-length": (True, "the record has no usable Content-Length; skipped up to the next record"),
    "wrong-length": (False, "the record's length is wrong; it was taken to end where the next record begins"),
    "record-cut": (
        False,
        "the input, or its compressed member, ends inside the record; the part that is there was read",
    ),
    "bad-date": (True, "the record has no usable date, nor has its HTTP answer"),
    "no-url": (True, "the record names no target URL"),
    "text-only": (True, "a conversion record (WET): plain text holds no links"),
    "body-too-large": (False, "the payload is larger than the limit; only its beginning was read"),
    "continuation": (True, "a piece of a segmented record; only its first piece is read"),
    # compressed members
    "member-broken": (False, "compressed data is corrupt; reading goes on at the next member"),
    "member-bomb": (False, "compressed data expands beyond the permitted ratio; reading goes on at the next member"),
    "not-a-member": (True, "bytes between compressed members; skipped up to the next member"),
    # HTTP answers in records
    "bad-http-head": (True, "the record should hold an HTTP answer and its head cannot be parsed"),
    "http-head-too-large": (False, "the HTTP head is longer than the limit; the headers up to there were read"),
    "bad-chunks": (False, "chunked transfer coding is broken; read as far as it goes, the rest as it stands"),
    "body-undecodable": (False, "the content coding is broken or unknown; decoded as far as it goes"),
    "body-bomb": (False, "the payload expands beyond the permitted ratio; only its beginning was read"),
    # pages
    "links-cut": (False, "the page has more links than the limit; those beyond it were left out"),
    "value-too-long": (False, "the page has a URL longer than the limit; that link was left out"),
    "nesting-too-deep": (False, "elements are nested deeper than the limit; what is below is read without its place"),
    "page-too-costly": (False, "markup that would choke a parser (nesting, attributes); the page was read up to there"),
    "page-too-large": (True, "the page's tree is out of all proportion to its bytes"),
    # WAT
    "wat-too-large": (True, "the JSON of the record is larger than the limit"),
    "bad-json": (True, "the text of the record is no JSON object"),
    # rows of link lists
    "row-broken": (True, "the row does not fit the table's columns"),
    "row-no-url": (True, "the row names no http or https URL as source"),
    "row-bad-date": (False, "the row's date cannot be read; the date of the export was taken"),
    "line-too-long": (True, "the line is longer than the limit"),
    # inputs as a whole
    "unreadable": (True, "the file or address cannot be opened or read"),
    "empty": (True, "the input holds no bytes, or the folder or pattern no input"),
    "unknown-format": (True, "the first bytes show none of the formats that can be read"),
    "no-links-inside": (True, "the table or archive names no linking pages"),
}


def is_loss(slug: str) -> bool:
    """True where the slug means that nothing of the record, row or input was kept."""
    return REASONS[slug][0]


_SECTIONS = {
    "not-a-record": "Records of an archive",
    "member-broken": "Compressed members",
    "bad-http-head": "HTTP answers in records",
    "links-cut": "Pages",
    "wat-too-large": "WAT records",
    "row-broken": "Rows of link lists",
    "unreadable": "Inputs as a whole",
}


def errors_page() -> str:
    """docs/errors.md: the closed list, for people."""
    out = [_INTRODUCTION]
    for slug, (is_lost, meaning) in REASONS.items():
        if slug in _SECTIONS:
            out.append(f"\n## {_SECTIONS[slug]}\n\n| reason | what was kept | meaning |\n|---|---|---|\n")
        out.append(f"| `{slug}` | {'nothing' if is_lost else 'a part, or all'} | {meaning} |\n")
    return "".join(out)


_INTRODUCTION = """# Reasons why something could not be read

A bad record or row never stops a build: it is counted by one of these reasons, with the input's name, the offset and a
detail. Offsets are bytes in the input (rows of lists: line numbers, from 1); a negative offset -1 - n is byte n of the
decoded stream, inside a compressed member. Where a part was kept, the record is read as well, and its capture carries
the reason as `error`: it shows the links that were found and proves nothing about others. This list is closed; it is
generated from `inlink.sources.reasons`.
"""
