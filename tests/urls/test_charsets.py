"""Queries in legacy character sets: the web platform tests and properties against Python's own codecs."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.urls.batch import resolve
from inlink.urls.charsets import is_legacy, legacy_charset, percent_encode, with_encoded_query

CODECS = {
    "windows-1252": "cp1252", "iso-8859-2": "iso8859-2", "windows-1251": "cp1251", "koi8-r": "koi8-r",
    "shift_jis": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp", "gbk": "gb18030", "big5": "big5hkscs",
    "gb18030": "gb18030", "euc-kr": "cp949", "macintosh": "mac_roman", "windows-874": "cp874",
}  # fmt: skip


def encoded(text: str, label: str) -> str:
    charset = legacy_charset(label)
    assert charset is not None
    return percent_encode(text, charset)


def test_percent_encoding_vectors(data_dir: Path) -> None:
    cases = json.loads((data_dir / "vectors" / "wpt-percent-encoding.json").read_text("utf-8"))
    wrong = []
    n = 0
    for case in cases:
        if isinstance(case, str):
            continue
        for label, expected in case["output"].items():
            n += 1
            raws = pa.array([f"?{case['input']}#x"])
            url = resolve(raws, np.zeros(1, np.int32), ["http://example.org/"], [label]).url[0].as_py()
            if url != f"http://example.org/?{expected}":
                wrong.append((case["input"], label, url))
    assert n >= 15
    assert wrong == []


@pytest.mark.parametrize(
    ("raw", "label", "expected"),
    [
        pytest.param("/x?a=ü&b= c#ü", "latin1", "/x?a=%FC&b=%20c#ü", id="only the query"),
        pytest.param("x?中€", "gb2312", "x?%D6%D0%80", id="GBK by a label, with its euro"),
        pytest.param("x?\x81", "windows-1252", "x?%81", id="C1 control in a hole"),
        pytest.param("x?ў", "koi8-u", "x?%AE", id="the standard's own index"),
        pytest.param("x?☃", "windows-1252", "x?%26%239731%3B", id="outside the set"),
        pytest.param("x?あ\nい\t", "shift_jis", "x?%82%A0%82%A2", id="tabs and newlines are no part of it"),
        pytest.param("x?あ|ﾊ¥a\\", "iso-2022-jp", "x?%1B$B$%22%1B(B|%1B$B%O%1B(J\\a%1B(B\\", id="shifts"),
        pytest.param("x?─ｱ−", "euc-jp", "x?%A8%A1%8E%B1%A1%DD", id="box, half-width kana, minus"),
        pytest.param("x?\uf7ff", "x-user-defined", "x?%FF", id="x-user-defined"),
        pytest.param("x?ü", "utf-8", "x?ü", id="no legacy set"),
    ],
)
def test_with_encoded_query(raw: str, label: str, expected: str) -> None:
    assert with_encoded_query(raw, label) == expected


@pytest.mark.parametrize("label", ["utf-8", "UTF-16LE", "", "no such set", None])
def test_not_legacy(label: str | None) -> None:
    assert not is_legacy(label)


@pytest.mark.parametrize("label", sorted(CODECS))
@given(data=st.data())
def test_what_python_encodes_decodes_back(label: str, data: st.DataObject) -> None:
    """Text made from bytes of the set comes back from the encoded query, by Python's decoder."""
    text = data.draw(st.binary(max_size=12)).decode(CODECS[label], "ignore").replace("\x1b", "")
    text = "".join(c for c in text if c.isalnum())  # for some signs the standard has other places, or none
    if "%26%23" not in encoded(text, label):
        assert unquote_to_bytes(encoded(text, label)).decode(CODECS[label]) == text
