"""Bounds on what one input may cost; everything read is hostile."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one record, page or row may cost. What goes beyond is cut or refused, and counted by a slug.

    Units: names that end in `_bytes` are bytes of the decoded thing.
    """

    max_body_bytes: int = 32 * MIB  # one record's payload, all encodings removed
    max_record_header_bytes: int = 128 * KIB  # WARC or ARC header of a record
    max_http_header_bytes: int = 128 * KIB  # HTTP head of a record
    max_http_headers: int = 500  # HTTP header lines of a record
    max_ratio: int = 250  # decoded : encoded, judged once `ratio_from_bytes` are decoded
    ratio_from_bytes: int = 8 * MIB
    max_encodings: int = 4  # stacked Content-Encodings
    max_line_bytes: int = 1 * MIB  # one line of a text list
    max_wat_bytes: int = 64 * MIB  # JSON of one WAT record
    max_links: int = 200_000  # links kept of a page
    max_attribute_chars: int = 8 * KIB  # one attribute value (a URL, an alt text)
    external_only: bool = False  # keep only links to other hosts
    max_nesting: int = 512  # depth of elements that extraction follows
    max_list_entries: int = 1_000_000  # entries of a *.paths list


DEFAULT_LIMITS = Limits()
