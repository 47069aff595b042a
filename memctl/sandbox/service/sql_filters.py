"""Reads the filter dialect of STORAGE_OPTIMIZED endpoints, `filter_string`: a subset of SQL."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from ..refusal import Refusal, invalid
from .columns import fits
from .filters import MOST_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .rows import Row

    Truth = bool | None
    Asks = Callable[[Row], Truth]

TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<quoted>`[^`]+`)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<mark><=|>=|<>|!=|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse_filter(text: str, columns: Mapping[str, str]) -> Callable[[Row], bool]:
    """Read ``filter_string``: which rows are meant. What is unknown of a row is not kept.

    Raises:
        Refusal: when it is no such condition, or names a column that the index lacks.
    """
    parser = _Parser(list(_tokens(text)), columns)
    asks = parser.either()
    parser.end()
    return lambda row: asks(row) is True


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _unreadable(text[place : place + 20])
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def _unreadable(near: str) -> Refusal:
    return invalid(f"Failed to parse filter_string near {near!r}.")


class _Parser:
    """Reads one condition, from the loosest operator to the tightest."""

    def __init__(self, tokens: list[tuple[str, str]], columns: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._columns = columns
        self._place = 0

    def either(self) -> Asks:
        return self._joined(self._both, "OR", decisive=True)

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise _unreadable(self._peek()[1])

    def _both(self) -> Asks:
        return self._joined(self._negation, "AND", decisive=False)

    def _joined(self, read: Callable[[], Asks], word: str, *, decisive: bool) -> Asks:
        """Read conditions with a word between them; one decisive answer decides for all."""
        asks = [read()]
        while self._accept(word):
            asks.append(read())

        def ask(row: Row) -> Truth:
            answers = {each(row) for each in asks}
            return decisive if decisive in answers else None if None in answers else not decisive

        return ask

    def _negation(self) -> Asks:
        if self._accept("NOT"):
            return _not(self._negation())
        if self._accept("("):
            inner = self.either()
            self._expect(")")
            return inner
        return self._predicate()

    def _predicate(self) -> Asks:
        name = self._column()
        if self._accept("IS"):
            return self._is(name)
        is_negated = self._accept("NOT")
        if self._accept("IN"):
            asks = self._in(name)
        elif self._accept("LIKE"):
            asks = self._like(name)
        elif is_negated:
            raise _unreadable("NOT")
        else:
            return self._comparison(name)
        return _not(asks) if is_negated else asks

    def _column(self) -> str:
        kind, text = self._next()
        name = text.strip("`")
        if kind not in {"word", "quoted"} or name not in self._columns:
            raise invalid(f"Filter column {name} does not exist in the index.")
        if self._columns[name].startswith("array<"):
            raise invalid(f"Filter column {name} is an array, which filter_string can't ask about.")
        return name

    def _is(self, name: str) -> Asks:
        is_negated = self._accept("NOT")
        if self._accept("NULL"):
            return lambda row: (row.get(name) is None) is not is_negated
        wanted = self._value(name)
        if not isinstance(wanted, bool):
            raise _unreadable("IS")
        return lambda row: (row.get(name) is wanted) is not is_negated

    def _in(self, name: str) -> Asks:
        self._expect("(")
        wanted = [self._value(name)]
        while self._accept(","):
            wanted.append(self._value(name))
        self._expect(")")
        if len(wanted) > MOST_VALUES:
            raise invalid(f"Filter on {name} has more than {MOST_VALUES} values.")
        return _known(name, lambda value: value in wanted)

    def _like(self, name: str) -> Asks:
        wanted = self._value(name)
        if not isinstance(wanted, str):
            raise _unreadable("LIKE")
        pieces = {"%": ".*", "_": "."}
        pattern = "".join(pieces.get(each, re.escape(each)) for each in wanted)
        matches = re.compile(pattern, re.DOTALL).fullmatch
        return _known(name, lambda value: matches(value) is not None)

    def _comparison(self, name: str) -> Asks:
        kind, mark = self._next()
        if kind != "mark" or mark not in COMPARISONS:
            raise _unreadable(mark)
        wanted = self._value(name)
        compare = COMPARISONS[mark]
        return _known(name, lambda value: compare(value, wanted))

    def _value(self, name: str) -> Any:
        value = self._literal()
        column_type = self._columns[name]
        if not fits(value, column_type):
            raise invalid(f"Filter value for column {name} is not of type {column_type}.")
        return value

    def _literal(self) -> Any:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text) if text.lstrip("-").isdecimal() else float(text)
        if text.upper() in {"TRUE", "FALSE"}:
            return text.upper() == "TRUE"
        if text.upper() == "TO_TIMESTAMP":
            self._expect("(")
            inner = self._literal()
            self._expect(")")
            return inner
        raise _unreadable(text)

    def _peek(self) -> tuple[str, str]:
        if self._place < len(self._tokens):
            return self._tokens[self._place]
        return "end", ""

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end":
            raise _unreadable("its end")
        self._place += 1
        return token

    def _accept(self, wanted: str) -> bool:
        kind, text = self._peek()
        if kind in {"word", "mark"} and text.upper() == wanted:
            self._place += 1
            return True
        return False

    def _expect(self, wanted: str) -> None:
        if not self._accept(wanted):
            raise _unreadable(self._peek()[1] or "its end")


def _known(name: str, holds: Callable[[Any], bool]) -> Asks:
    """Ask about a value; of one that is null nothing is known."""

    def ask(row: Row) -> Truth:
        value = row.get(name)
        return None if value is None else holds(value)

    return ask


def _not(asks: Asks) -> Asks:
    def ask(row: Row) -> Truth:
        answer = asks(row)
        return None if answer is None else not answer

    return ask
