"""Which characters a page is written in: declared rightly, falsely or not at all; and what its URLs become."""

from __future__ import annotations

import codecs
import time

import pytest
from scraping import link, page

from inlink.extract.charset import decode, header_charset, label, meta_charset

GERMAN = "Größe, Käse und Straße: schöne Grüße aus München für alle, die heute nicht dabei sein können."
RUSSIAN = "Привет, мир! Сегодня хорошая погода, и мы идём гулять в парк вместе с друзьями после работы."
JAPANESE = "こんにちは世界。今日はとても良い天気ですから、公園へ散歩に行きましょう。"
CHINESE = "今天天气很好，我们一起去公园散步吧。北京是中华人民共和国的首都，也是文化中心。"
KOREAN = "안녕하세요 세계. 오늘은 날씨가 아주 좋아서 공원에 산책하러 갑니다."
GREEK = "Καλημέρα κόσμε! Σήμερα ο καιρός είναι πολύ καλός και πάμε βόλτα στο πάρκο."

# text, codec it is written in, declaration in the header, <meta>, character set of the text, of the URLs
CASES: dict[str, tuple[str, str, str | None, str, str, str]] = {
    "utf8-header": (GERMAN, "utf-8", "utf-8", "", "utf-8", "utf-8"),
    "latin1-header": (GERMAN, "latin-1", "ISO-8859-1", "", "windows-1252", "windows-1252"),
    "utf8-meta": (GERMAN, "utf-8", None, "<meta charset=utf-8>", "utf-8", "utf-8"),
    "header-over-meta": (GERMAN, "utf-8", "utf-8", "<meta charset=iso-8859-1>", "utf-8", "utf-8"),
    "mark-over-header": (GERMAN, "utf-8-sig", "iso-8859-1", "", "utf-8", "utf-8"),
    "utf16-mark": (GERMAN, "utf-16", None, "", "utf-16le", "utf-16le"),
    "utf16be-header": (GERMAN, "utf-16-be", "utf-16be", "", "utf-16be", "utf-16be"),
    "gbk": (CHINESE, "gbk", "gb2312", "", "gbk", "gbk"),
    "shift-jis": (JAPANESE, "cp932", None, "<meta charset=x-sjis>", "shift_jis", "shift_jis"),
    "euc-jp": (JAPANESE, "euc_jp", None, "<meta charset=euc-jp>", "euc-jp", "euc-jp"),
    "iso-2022-jp": (JAPANESE, "iso2022_jp", "iso-2022-jp", "", "iso-2022-jp", "iso-2022-jp"),
    "euc-kr": (KOREAN, "cp949", "ks_c_5601-1987", "", "euc-kr", "euc-kr"),
    "big5": ("今天天氣很好，我們一起去公園散步吧。臺北是中華民國的首都。", "big5", "big5", "", "big5", "big5"),
    "koi8": (RUSSIAN, "koi8-r", "koi8-r", "", "koi8-r", "koi8-r"),
    "greek": (GREEK, "iso8859-7", "iso-8859-7", "", "iso-8859-7", "iso-8859-7"),
    "false-latin1": (GERMAN, "utf-8", "iso-8859-1", "", "utf-8", "windows-1252"),
    "false-latin1-meta": (GERMAN, "utf-8", None, "<meta charset=iso-8859-1>", "utf-8", "windows-1252"),
    "false-utf8": (GERMAN, "cp1252", "utf-8", "", "windows-1252", "utf-8"),
    "false-latin1-russian": (RUSSIAN, "cp1251", "iso-8859-1", "", "windows-1251", "windows-1252"),
    "false-utf8-russian": (RUSSIAN, "cp1251", None, "<meta charset=utf-8>", "windows-1251", "utf-8"),
    "false-euc-jp": (JAPANESE, "cp932", "euc-jp", "", "shift_jis", "euc-jp"),
    "false-gbk": (CHINESE, "utf-8", "gbk", "", "utf-8", "gbk"),
    "undeclared-latin1": (GERMAN, "cp1252", None, "", "windows-1252", "windows-1252"),
    "undeclared-russian": (RUSSIAN, "cp1251", None, "", "windows-1251", "windows-1251"),
    "undeclared-japanese": (JAPANESE, "euc_jp", None, "", "euc-jp", "euc-jp"),
    "unknown-label": (GERMAN, "utf-8", "klingon", "<meta charset=utf-8>", "utf-8", "utf-8"),
}


@pytest.mark.parametrize(("text", "codec", "header", "meta", "charset", "browser"), CASES.values(), ids=CASES)
def test_text(text: str, codec: str, header: str | None, meta: str, charset: str, browser: str) -> None:
    body = f"{meta}<title>{text}</title><p>{text}".encode(codec)
    declared = f"text/html; charset={header}" if header else "text/html"
    decoded = decode(body, declared)
    assert (decoded.charset, decoded.browser) == (charset, browser)
    assert text in decoded.html.decode()
    assert page(body, ("Content-Type", declared))["title"] == text


URLS = {
    # as Chromium has them: the path in UTF-8 of what it reads, the query in the page's character set
    "utf8": ("é", "utf-8", "utf-8", "%C3%A9?q=%C3%A9"),
    "latin1": ("é", "latin-1", "iso-8859-1", "%C3%A9?q=%E9"),
    "false-latin1": ("é", "utf-8", "iso-8859-1", "%C3%83%C2%A9?q=%C3%A9"),
    "false-utf8": ("é", "latin-1", "utf-8", "%EF%BF%BD?q=%EF%BF%BD"),
    "gbk": ("中", "gbk", "gbk", "%E4%B8%AD?q=%D6%D0"),
    "not-in-the-set": ("&#20013;", "latin-1", "iso-8859-1", "%E4%B8%AD?q=%26%2320013%3B"),
    "utf16": ("é", "utf-16", "utf-16", "%C3%A9?q=%C3%A9"),
}


@pytest.mark.parametrize(("letter", "codec", "declared", "path"), URLS.values(), ids=URLS)
def test_urls(letter: str, codec: str, declared: str, path: str) -> None:
    body = f"<p>{GERMAN if codec != 'gbk' else CHINESE}<a href='http://x.example/{letter}?q={letter}'>x</a>"
    row = link(body.encode(codec), ("Content-Type", f"text/html; charset={declared}"))
    assert row["target_url"] == f"http://x.example/{path}"


METAS: dict[str, tuple[bytes, str | None]] = {
    "charset": (b"<meta charset='utf-8'>", "utf-8"),
    "content-type": (b"<META content='text/html; charset=koi8-r' http-equiv=Content-Type>", "koi8-r"),
    "content-alone": (b"<meta content='text/html; charset=koi8-r'>", None),
    "in-a-comment": (b"<!-- <meta charset=gbk> --><meta charset=big5>", "big5"),
    "in-a-script": (b"<script>'<meta charset=gbk>'</script><meta charset=big5>", "big5"),
    "in-a-title": (b"<title><meta charset=gbk></title><meta charset=big5>", "big5"),
    "in-an-attribute": (b"<p title='<meta charset=gbk>'><meta charset=big5>", "big5"),
    "utf-16-means-utf-8": (b"<meta charset=utf-16le>", "utf-8"),
    "late-in-the-head": (b"<head>" + b"<link rel=x>" * 500 + b"<meta charset=big5>", "big5"),
    "late-in-the-body": (b"<head></head>" + b"<p>x" * 500 + b"<meta charset=big5>", None),
    "unknown": (b"<meta charset=klingon><meta charset=big5>", "big5"),
}


@pytest.mark.parametrize(("body", "charset"), METAS.values(), ids=METAS)
def test_meta(body: bytes, charset: str | None) -> None:
    assert meta_charset(body) == charset


@pytest.mark.parametrize(
    ("value", "charset"),
    [
        ("text/html;charset=UTF-8", "utf-8"),
        ('text/html; Charset="latin1"; x=y', "windows-1252"),
        ("text/html", None),
        (None, None),
        ("text/html; charset=", None),
    ],
)
def test_header(value: str | None, charset: str | None) -> None:
    assert header_charset(value) == charset


def test_labels() -> None:
    names = {"latin1": "windows-1252", " GB2312 ": "gbk", "ascii": "windows-1252", "l5": "windows-1254", "x": None}
    assert {name: label(name) for name in names} == names


@pytest.mark.parametrize("piece", [b'<a "', b"<script>", b"<!--", b"<meta \"'>", b"<"])
def test_prescan_is_linear(piece: bytes) -> None:
    started = time.process_time()
    meta_charset(piece * 200_000 + b"charset")
    assert time.process_time() - started < 20  # seconds; quadratic takes hours


def test_bytes_that_a_code_page_leaves_open() -> None:
    assert decode(b"\x81\x9d" + GERMAN.encode("cp1252"), "text/html; charset=windows-1252").html.startswith(
        "\x81\x9d".encode()
    )


def test_utf8_with_a_few_broken_bytes_stays_utf8() -> None:
    decoded = decode(GERMAN.encode() * 3 + b"\xff", "text/html; charset=utf-8")
    assert (decoded.charset, decoded.html[-3:]) == ("utf-8", b"\xef\xbf\xbd")


def test_nothing() -> None:
    assert decode(b"", None).html == b""
    assert decode(codecs.BOM_UTF8, None).html == b""
