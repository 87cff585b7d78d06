"""Read a filter: text → tree. Nothing of the text reaches SQL but as a value (`conditions` makes the SQL).

filter  = all { "or" all }
all     = one { "and" one }
one     = "not" one | "(" filter ")" | test
test    = column [ "not" ] ( compare value | "in" "(" value { "," value } ")" | "between" value "and" value
                           | "contains" value | "starts" value | "ends" value | "matches" value )
        | column "is" [ "not" ] ( "null" | "unknown" )    both mean that it is not known
        | column                                        a column of true and false
compare = "=" | "!=" | "<" | "<=" | ">" | ">="
value   = 'text' | "text" | word                        '' inside '…' is one quote; true, 12, 2026-05-31 are words
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inlink.errors import BadInput

MAX_LENGTH = 10_000
MAX_DEPTH = 50

COMPARE = ("=", "!=", "<", "<=", ">", ">=")
WORD_OPERATORS = ("in", "contains", "starts", "ends", "matches", "between", "is")
OPERATORS = (*COMPARE, *WORD_OPERATORS)
_RESERVED = {"and", "or", "not", *WORD_OPERATORS}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. `position` is where its column stands in the text, from 0."""

    column: str
    operator: str
    values: tuple[str, ...]
    position: int
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: Filter


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One part holds."""

    parts: tuple[Filter, ...]


Filter = Comparison | Not | All | Either


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word, text, sign, end
    text: str
    position: int


_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<sign><=|>=|!=|<>|==|[=<>(),])
      | (?P<word>[^\s'"=<>!(),]+)""",
    re.VERBOSE,
)


def parse_filter(text: str) -> Filter | None:
    """The tree of a filter; None for an empty text.

    Raises: BadInput that names the position, counted from 1.
    """
    if len(text) > MAX_LENGTH:
        raise BadInput(f"the filter has {len(text)} characters; {MAX_LENGTH} is the limit", hint="make it shorter")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput("the filter holds bytes that are not UTF-8", hint="write it in UTF-8")
    if not text.strip():
        return None
    reader = _Reader(text)
    tree = reader.either(0)
    reader.expect_end()
    return tree


def comparisons(tree: Filter | None) -> Iterator[Comparison]:
    """All comparisons of a tree."""
    if isinstance(tree, Comparison):
        yield tree
    elif isinstance(tree, Not):
        yield from comparisons(tree.inner)
    elif tree is not None:
        for part in tree.parts:
            yield from comparisons(part)


def conjuncts(tree: Filter | None) -> tuple[Filter, ...]:
    """The parts that must all hold."""
    if tree is None:
        return ()
    if isinstance(tree, All):
        return tuple(part for inner in tree.parts for part in conjuncts(inner))
    return (tree,)


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _error(f"cannot read {text[position]!r}", position, "close the quote, or put the text in quotes")
        kind = match.lastgroup or ""
        if kind != "space":
            yield _Token(kind, match.group(), position)
        position = match.end()
    yield _Token("end", "", len(text))


def _error(message: str, position: int, hint: str) -> BadInput:
    return BadInput(f"filter: {message} at position {position + 1}", hint=hint, position=position + 1)


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _is_word(self, *words: str) -> bool:
        return self._next.kind == "word" and self._next.text.lower() in words

    def _accept(self, *texts: str) -> bool:
        token = self._next
        found = (token.kind == "sign" and token.text in texts) or self._is_word(*texts)
        self._at += found
        return found

    def _expect(self, text: str, why: str) -> None:
        if not self._accept(text):
            raise _error(f"{text!r} expected {why}, not {self._shown()}", self._next.position, "see docs/filters.md")

    def _shown(self) -> str:
        return repr(self._next.text) if self._next.kind != "end" else "the end"

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise _error(
                f"'and' or 'or' expected, not {self._shown()}", self._next.position, "join conditions by and, or"
            )

    def either(self, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise _error("too many brackets", self._next.position, "make the filter simpler")
        parts = [self._both(depth)]
        while self._accept("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._accept("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise _error("too many brackets", self._next.position, "make the filter simpler")
        if self._accept("not"):
            return Not(self._one(depth + 1))
        if self._accept("("):
            inner = self.either(depth + 1)
            self._expect(")", "to close the bracket")
            return inner
        return self._test()

    def _test(self) -> Comparison:
        column = self._take()
        if column.kind != "word" or column.text.lower() in _RESERVED:
            shown = repr(column.text) if column.kind != "end" else "the end"
            raise _error(f"a column expected, not {shown}", column.position, "write: column operator value")
        name, position = column.text.lower(), column.position
        is_negated = self._accept("not")
        operator = self._operator()
        if operator is None:
            if is_negated:
                raise _error("an operator expected after 'not'", self._next.position, "write: column not in (…)")
            return Comparison(name, "true", (), position)
        return Comparison(name, operator, self._values(operator), position, is_negated)

    def _operator(self) -> str | None:
        token = self._next
        if token.kind == "sign" and token.text in (*COMPARE, "<>", "=="):
            self._at += 1
            return {"<>": "!=", "==": "="}.get(token.text, token.text)
        if self._is_word("is"):
            self._at += 1
            operator = "is not null" if self._accept("not") else "is null"
            if not self._accept("unknown"):
                self._expect("null", "after 'is'")
            return operator
        if self._is_word(*WORD_OPERATORS):
            return self._take().text.lower()
        if token.kind in ("text", "word") and token.text.lower() not in ("and", "or"):
            raise _error(
                f"an operator expected, not {token.text!r}", token.position, f"use one of {' '.join(OPERATORS)}"
            )
        return None

    def _values(self, operator: str) -> tuple[str, ...]:
        if operator.startswith("is "):
            return ()
        if operator == "between":
            low = self._value()
            self._expect("and", "between the two values")
            return low, self._value()
        if operator != "in":
            return (self._value(),)
        self._expect("(", "after 'in'")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")", "to close the list")
        return tuple(values)

    def _value(self) -> str:
        token = self._take()
        if token.kind == "text":
            quote = token.text[0]
            return token.text[1:-1].replace(quote * 2, quote)
        if token.kind != "word" or token.text.lower() in ("and", "or"):
            self._at -= token.kind != "end"
            raise _error(f"a value expected, not {self._shown()}", token.position, "put text with spaces in quotes")
        return token.text
