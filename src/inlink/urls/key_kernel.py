"""The one implementation of the same-page key: bytes in, bytes out.

The functions are plain and stand alone, so that the same source runs compiled over Arrow buffers (batch_kernel) and
interpreted for a single URL (identity), which spares a question at the command line the start of the compiler.
"""

from __future__ import annotations

from typing import Protocol


class Bytes(Protocol):
    """Bytes or small numbers to read: bytes, bytearray, a tuple or an array."""

    def __getitem__(self, at: int, /) -> int: ...


class MutableBytes(Bytes, Protocol):
    """Bytes to write: bytearray or a uint8 array."""

    def __setitem__(self, at: int, value: int, /) -> None: ...


def write_host_key(host: Bytes, start: int, end: int, out: MutableBytes, pos: int) -> int:
    """Writes the reversed labels of host[start:end] at out[pos:]; the position after them.

    `a.example.org` gives `org,example,a`. One trailing dot is dropped; IP addresses stay as they are; characters
    other than letters, digits, `-` and `_` are percent-encoded. Needs room for 3 (end - start) bytes.
    """
    if end > start + 1 and host[end - 1] == 46:
        end -= 1
    is_address = end > start and (host[start] == 91 or 48 <= host[end - 1] <= 57)
    if is_address and host[start] != 91:
        for i in range(start, end):
            if host[i] != 46 and not 48 <= host[i] <= 57:
                is_address = False
                break
    if is_address:
        for i in range(start, end):
            out[pos] = host[i]
            pos += 1
        return pos
    label_end = end
    for i in range(end - 1, start - 2, -1):
        if i >= start and host[i] != 46:
            continue
        for j in range(i + 1, label_end):
            c = host[j]
            if 97 <= c <= 122 or 48 <= c <= 57 or c == 45 or c == 95:
                out[pos] = c
                pos += 1
            else:
                high = c >> 4
                low = c & 15
                out[pos] = 37
                out[pos + 1] = high + (48 if high < 10 else 55)
                out[pos + 2] = low + (48 if low < 10 else 55)
                pos += 3
        label_end = i
        if i >= start:
            out[pos] = 44
            pos += 1
    return pos


def www_length(host: Bytes, start: int, end: int) -> int:
    """4 where the host host[start:end] begins with `www.` and two labels or more remain, else 0."""
    if end - start < 7 or host[start] != 119 or host[start + 1] != 119 or host[start + 2] != 119:
        return 0
    if host[start + 3] != 46:
        return 0
    last = end - 1 if host[end - 1] == 46 else end
    for i in range(start + 4, last):
        if host[i] == 46:
            return 4
    return 0


# One function: it runs compiled and as it stands, and a compiled function cannot call one that is not.
def write_page_key(url: Bytes, start: int, end: int, out: MutableBytes, path_pos: int, pos: int, folds: Bytes) -> int:
    """Finishes the key of a normalised URL: folds the path and writes the folded query; the position after them.

    out[path_pos:pos] holds the path as far as its first `%` or `?`; url[start:end] is the rest, without fragment.
    Folded: `%7E` is `~` (unreserved characters are decoded, other escapes upper case), a default index name at the
    end, one trailing slash (not the root's), tracking parameters and empty ones. Query order stays. `folds` is
    fold_table(). Needs room for end - start + 1 bytes.
    """
    word_pos = pos  # where the segment or parameter being written begins
    while word_pos > path_pos and out[word_pos - 1] != 47:
        word_pos -= 1
    name_end = -1  # end of the parameter's name, -1 until its "=" is seen
    has_query = False
    in_query = False
    i = start
    while i <= end:
        c = url[i] if i < end else 38
        if c == 37 and i + 2 < end:
            high = int(url[i + 1])
            low = int(url[i + 2])
            high = high - 48 if high < 58 else ((high & 95) - 55 if high > 64 and high != 96 else 16)
            low = low - 48 if low < 58 else ((low & 95) - 55 if low > 64 and low != 96 else 16)
            if 0 <= high < 16 and 0 <= low < 16:
                byte = 16 * high + low
                is_letter = 65 <= (byte & 95) <= 90 and 64 < byte < 128
                if is_letter or 48 <= byte <= 57 or byte == 45 or byte == 46 or byte == 95 or byte == 126:
                    out[pos] = byte
                    pos += 1
                else:
                    out[pos] = 37
                    out[pos + 1] = high + (48 if high < 10 else 55)
                    out[pos + 2] = low + (48 if low < 10 else 55)
                    pos += 3
                i += 3
                continue
        is_end = i == end or (c == 38 if in_query else c == 63)
        if not is_end:
            out[pos] = c
            pos += 1
            if c == 47 and not in_query:
                word_pos = pos
            elif c == 61 and in_query and name_end < 0:
                name_end = pos - 1
            i += 1
            continue
        if not in_query or name_end < 0:
            name_end = pos
        is_folded = in_query and pos == word_pos
        wanted = 2 if in_query else 1
        if word_pos < name_end:
            first = int(out[word_pos])
            first = first + 32 if 65 <= first <= 90 else first
            length = name_end - word_pos
            entry = int(folds[first])
            stop = int(folds[first + 1])
            while entry < stop and not is_folded:
                size = int(folds[entry + 1])
                kind = int(folds[entry])
                if kind & wanted > 0 and (length == size or (length > size and kind & 4 > 0)):
                    is_folded = True
                    for j in range(size):
                        letter = int(out[word_pos + j])
                        letter = letter + 32 if 65 <= letter <= 90 else letter
                        if letter != folds[entry + 2 + j]:
                            is_folded = False
                            break
                entry += 2 + size
        if is_folded:
            pos = word_pos
        elif in_query:
            has_query = True
        if not in_query and pos > path_pos + 1 and out[pos - 1] == 47:
            pos -= 1
        if in_query and is_folded:
            pos -= 1
        if i < end:
            out[pos] = 38 if has_query else 63
            pos += 1
        in_query = True
        word_pos = pos
        name_end = -1
        i += 1
    return pos
