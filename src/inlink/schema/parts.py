"""Tables of a part: what one input gave. Rows are in the input's own order (record, then link)."""

from __future__ import annotations

import pyarrow as pa

from inlink.schema.columns import Column, TableSchema

STRING = pa.string()
CODED = pa.dictionary(pa.int32(), pa.string())
TIME = pa.timestamp("us", tz="UTC")

CAPTURES = TableSchema(
    "captures",
    1,
    "One attempt to see a page at a time. Non-200 answers are captures too.",
    (
        Column("capture_id", pa.uint64(), "hash of url_key, fetched_at and payload_digest", nullable=False),
        Column("url_key", STRING, "same-page key in SURT form (docs/urls.md)", nullable=False),
        Column("url", STRING, "normalised URL (WHATWG, fragment dropped)", nullable=False),
        Column("url_raw", STRING, "the URL as the input wrote it", nullable=False),
        Column("host", CODED, "host of the URL, lower case, punycode", nullable=False),
        Column("domain", CODED, "registrable domain of the host", nullable=False),
        Column("fetched_at", TIME, "when the page was fetched (never when it was imported)", nullable=False),
        Column("http_status", pa.int16(), "HTTP status; null where the input knows none"),
        Column("error", STRING, "why there is no usable answer, from the source or the extraction"),
        Column("depth", CODED, "what kind of input saw it: csv, wat, warc, js, webmention", nullable=False),
        Column("payload_digest", STRING, "digest of the payload, algorithm first (sha1:BASE32)"),
        Column("ip", STRING, "address of the server"),
        Column("content_type", CODED, "media type without parameters, lower case"),
        Column("redirect_target", STRING, "normalised URL a 3xx answer points at"),
        Column(
            "is_revisit",
            pa.bool_(),
            "true where the record repeats an earlier payload (links are inherited)",
            nullable=False,
        ),
        Column("evidence_file", CODED, "name of the input that holds the record", nullable=False),
        Column("evidence_offset", pa.int64(), "byte offset of the record in the input (of its gzip member)"),
        Column("evidence_length", pa.int64(), "length in bytes of the record in the input"),
    ),
)

PAGES = TableSchema(
    "pages",
    1,
    "Facts read from the body of a capture; only captures that hold a readable page have a row.",
    (
        Column("capture_id", pa.uint64(), "the capture", nullable=False),
        Column("title", STRING, "text of <title>, white space folded"),
        Column("lang", CODED, "language, ISO 639-1, lower case; null where unknown"),
        Column("author", STRING, "author named by JSON-LD, meta or rel=author"),
        Column("published_at", TIME, "publication date named by JSON-LD, meta or <time>"),
        Column("modified_at", TIME, "date of last change named by JSON-LD or meta"),
        Column("canonical", STRING, "normalised URL that the page declares as canonical"),
        Column("alternates", pa.list_(STRING), "'hreflang URL' of each declared language version"),
        Column(
            "robots_noindex",
            pa.bool_(),
            "noindex or none, by meta or header, for all robots or a named one",
            nullable=False,
        ),
        Column("robots_nofollow", pa.bool_(), "nofollow or none, by meta or header", nullable=False),
        Column("robots_origin", CODED, "meta, header or meta+header, with :bot where bot-specific; null if none"),
        Column("n_internal_links", pa.int32(), "links to the page's own domain", nullable=False),
        Column("n_external_links", pa.int32(), "links to other domains", nullable=False),
        Column("n_words", pa.int32(), "words of visible text; null where the input has no text"),
        Column("text_digest", pa.uint64(), "hash of the visible text, white space folded"),
        Column("page_kind", CODED, "article, home, list, resource_list, forum, profile, product, other"),
    ),
)

LINKS = TableSchema(
    "links",
    2,
    "One reference from a capture's page to a target URL.",
    (
        Column("link_id", pa.uint64(), "hash of source_key, target_url, kind and occurrence", nullable=False),
        Column("capture_id", pa.uint64(), "the capture it was seen in", nullable=False),
        Column("ordinal", pa.int32(), "position among the links of the page, from 0", nullable=False),
        Column("source_url", CODED, "normalised URL of the page that links", nullable=False),
        Column("source_key", CODED, "its same-page key in SURT form", nullable=False),
        Column("source_host", CODED, "its host", nullable=False),
        Column("source_domain", CODED, "its registrable domain", nullable=False),
        Column("target_raw", STRING, "target as written on the page; null where equal to target_url"),
        Column("target_url", STRING, "normalised target URL (WHATWG, fragment dropped)", nullable=False),
        Column("target_key", STRING, "same-page key of the target in SURT form", nullable=False),
        Column("target_host", CODED, "host of the target", nullable=False),
        Column("target_domain", CODED, "registrable domain of the target", nullable=False),
        Column("kind", CODED, "anchor, area, image, frame, form, canonical, …", nullable=False),
        Column(
            "rel", CODED, "rel attribute, lower case, white space folded; null where there is none or it is not known"
        ),
        Column(
            "nofollow", pa.bool_(), "nofollow by rel, robots meta or X-Robots-Tag; null where the input cannot know"
        ),
        Column("ugc", pa.bool_(), "rel has ugc; null where the input cannot know"),
        Column("sponsored", pa.bool_(), "rel has sponsored; null where the input cannot know"),
        Column(
            "rel_origin", CODED, "rel, meta, header or a + of them; null where the link is follow or it is not known"
        ),
        Column("anchor", STRING, "visible text of the link, white space folded; null where the kind has none"),
        Column("alt", STRING, "alt of the image inside the link (or of the image itself)"),
        Column("text_before", STRING, "text before the link in its block; null for links within one host"),
        Column("text_after", STRING, "text after the link in its block; null for links within one host"),
        Column("heading", STRING, "nearest heading above the link; null for links within one host"),
        Column("region", CODED, "main, nav, header, footer, aside, comment, bio or head; null where unknown"),
        Column("position_share", pa.float32(), "where in the page's visible text the link stands, 0..1"),
        Column("block_link_share", pa.float32(), "share of its block's text that is link text, 0..1"),
        Column(
            "needs_script",
            pa.bool_(),
            "true where the link is there only once scripts have run; null where the input cannot know",
        ),
        Column("is_internal", pa.bool_(), "source and target in one domain", nullable=False),
    ),
)
