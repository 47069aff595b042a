"""Taking secrets out of what is shown, logged or journaled, however they are spelled there."""

from __future__ import annotations

import re
from base64 import b64encode
from copy import copy
from dataclasses import fields, is_dataclass
from functools import lru_cache
from html import escape
from itertools import takewhile
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .errors import MemctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

REPLACEMENT: Final = "***"
_SHORT: Final = 8
"""Secrets below so many characters count as words only: they may be a part of any word."""
_TELLING: Final = 12
"""So many characters at the beginning of a secret give away that a text was cut within it."""
_GROUP_BYTES: Final = 3
"""Base64 writes so many bytes as four characters; the first ones depend on what stands before."""
_FIRST_WHOLE: Final = (0, 2, 3)
"""The first character of base64 that depends on the secret alone, by bytes that stand before it."""
_SPELLED_ALONE: Final = 6
"""The fewest characters of base64 that can't be there by chance."""
_FIRST: Final = 3
"""A text has so many first characters of a secret as they are, or an escape, or no secret."""
_ESCAPE: Final = re.compile(r"[%\\&+]")
_BACKSLASHES: Final = r"\\{1,16}"
"""Each escaping doubles them; more of them are no escape, and would take long to be told so."""
_WORD_BEGINS: Final = (
    r"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[abfnrtv])|(?<=\\x[0-9A-Fa-f]{2})"
    r"|(?<=\\u[0-9A-Fa-f]{4}))"
)
"""What ends an escape is no part of the word behind it."""


class Redactor:
    """Takes the secrets of one run out of texts and results; made per run, used by its threads.

    A secret is found as it is, percent-encoded (also twice, or in part), as it is escaped in JSON,
    in Python's `repr` and in HTML, and in base64 at any place of a longer value, such as
    ``CLIENT:SECRET`` of HTTP's basic login. It is also found where a text was cut short within it.

    Args:
        secrets: the first ones to know.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._spellings: tuple[_Spelling, ...] = ()
        self._adding = Lock()
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        """Return how much is known, and none of it."""
        return f"<Redactor of {len(self._spellings)} spellings>"

    def add(self, secret: str) -> None:
        """Take a secret out from now on; an empty one is none."""
        with self._adding:
            known = {each.text for each in self._spellings}
            texts = {**_texts(secret), **_texts(secret.strip())}  # servers may strip what they get
            new = [_Spelling(*each) for each in texts.items() if each[0] not in known]
            self._spellings = (*self._spellings, *new)

    def redact(self, text: str) -> str:
        """Return the text with `REPLACEMENT` in place of every secret."""
        found = sorted(span for each in self._spellings for span in each.find(text))
        parts, end = [], 0
        for start, after in found:
            if start >= end:
                parts += [text[end:start], REPLACEMENT]
            end = max(end, after)
        return "".join([*parts, text[end:]]) if found else text

    def clean(self, value: T) -> T:
        """Return a result, an error or whatever they hold without the secrets.

        Errors are changed where they stand, so that whoever holds one holds no secret; all else
        that holds a secret is replaced by a copy.
        """
        return self._clean(value) if self._spellings else value

    def _clean(self, value: Any) -> Any:
        if type(value) is str:
            return self.redact(value)
        if isinstance(value, dict):
            return {self._clean(key): self._clean(each) for key, each in value.items()}
        if type(value) in {list, tuple, set, frozenset}:
            return type(value)(map(self._clean, value))
        if isinstance(value, BaseException):
            return self._clean_error(value)
        if is_dataclass(value) and not isinstance(value, type):
            return _changed(value, self._clean)
        return value

    def _clean_error(self, error: BaseException) -> BaseException:
        for each in _chain(error):
            each.args = tuple(map(self._clean, each.args))
            for name in _telling(each):
                value = getattr(each, name)
                if (cleaned := self._clean(value)) is not value:
                    setattr(each, name, cleaned)
        return error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """List an error and those that it came from, also where a traceback would not show them."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += filter(None, (each.__cause__, each.__context__))


def _telling(error: BaseException) -> Iterable[str]:
    """List the attributes of an error that it tells of beside its `args`."""
    if isinstance(error, MemctlError):
        return tuple(vars(error))
    texts = ("strerror", "filename", "filename2") if isinstance(error, OSError) else ()
    return (*texts, *({"__notes__"} & vars(error).keys()))


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a dataclass with its fields changed; itself where that changes none."""
    before = {each.name: getattr(value, each.name) for each in fields(value)}
    changed = {name: change(each) for name, each in before.items()}
    if all(changed[name] is each for name, each in before.items()):
        return value
    made = copy(value)
    for name, each in changed.items():
        object.__setattr__(made, name, each)  # also of a frozen one: nobody else holds the copy
    return made


class _Spelling:
    """One text to look for, each of its characters in any of the ways in which it may be written.

    Args:
        text: the secret, or a part of its base64.
        is_base64: which one; base64 may stand in any longer text.
    """

    def __init__(self, text: str, is_base64: bool) -> None:
        self.text = text
        is_short = len(text) < _SHORT and not is_base64
        self._first = "".join(takewhile(lambda each: not each.isspace(), text[:_FIRST]))
        self._rest = "" if is_short else text[_TELLING:]
        head = "".join(map(_written, text[:_TELLING]))
        self._head = re.compile(rf"{_WORD_BEGINS}{head}(?![^\W_])" if is_short else head)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Find where it begins and ends; the end of a long one may be cut off."""
        if self._first not in text and not _ESCAPE.search(text):
            return  # quick, and so with most texts
        for match in self._head.finditer(text):
            end = match.end()
            for character in self._rest:
                following = _pattern(character).match(text, end)
                if following is None:
                    break
                end = following.end()
            yield match.start(), end


def _texts(secret: str) -> dict[str, bool]:
    """Return the texts to look for, and which are base64: it may begin anywhere in a group."""
    if not secret:
        return {}
    content = secret.encode("utf-8", "surrogatepass")
    found = {secret: False}
    for before in range(_GROUP_BYTES):
        # What follows the secret changes its last character, unless that ends a group.
        whole = (before + len(content)) * 8 // 6
        text = b64encode(bytes(before) + content).decode("ascii")[_FIRST_WHOLE[before] : whole]
        if len(text) >= _SPELLED_ALONE:
            url_safe = text.replace("+", "-").replace("/", "_")
            found = {text: True, url_safe: True} | found
    return found


@lru_cache(maxsize=1024)
def _pattern(character: str) -> re.Pattern[str]:
    return re.compile(_written(character))


@lru_cache(maxsize=1024)
def _written(character: str) -> str:
    """Write the pattern of one character in all of its spellings."""
    content = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass").hex()
    ways = [
        re.escape(escape(character)),
        "".join(f"%(?:25)*(?i:{each:02x})" for each in content),
        "".join(rf"{_BACKSLASHES}u(?i:{units[at : at + 4]})" for at in range(0, len(units), 4)),
        "".join(rf"{_BACKSLASHES}x(?i:{each:02x})" for each in content),
        rf"{_BACKSLASHES}{re.escape(character)}",
        rf"{_BACKSLASHES}x(?i:{ord(character):02x})",
        rf"{_BACKSLASHES}U(?i:{ord(character):08x})",
        rf"&#(?:0*{ord(character)}|(?i:x0*{ord(character):x}));",
        re.escape(character),  # last: it may be the beginning of another way
    ]
    if character.isspace():
        # Messages are often put on one line: a run of white space is one space there.
        ways += [r"\s+", r"\+", rf"{_BACKSLASHES}[nrt]", r"(?<=\s)"]
    if character == "\\":
        ways.append(r"(?<=\\)")  # escaping doubles it, and a run of them is taken at once
    return f"(?:{'|'.join(dict.fromkeys(ways))})"
