"""The label map of one HNSW index, read from its pickle without Python's unpickler.

chromadb keeps `index_metadata.pickle` beside the index: up to 0.6 a pickled `PersistentData`
object, from 1.0 a plain dict written by Rust. Python's own unpickler, even one that refuses every
class, can be made to fill the memory by a few bytes (a memo slot with a huge number). So this
reader knows just the opcodes that those two writers use and builds nothing but texts, whole numbers
and dicts; one class is known by name, and that name becomes a mark, never a class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from ...opening import read_regular
from ...translate import damaged, parsing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LABELS_FILE: Final = "index_metadata.pickle"

_KNOWN_CLASS: Final = ("chromadb.segment.impl.vector.local_persistent_hnsw", "PersistentData")
_NOT_KEPT: Final = ("label_to_id", "id_to_seq_id")
_STOP, _TEXT, _NUMBER, _SET_ITEMS = b".XJu"
_INT: Final = Struct("<i").unpack_from
_UINT: Final = Struct("<I").unpack_from
_LONGEST_NUMBER: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Which label of the index stands for which record.

    Attributes:
        labels: id to label; a deleted id is not in it.
        dimension: of the vectors; `None` in maps that chromadb 1.x wrote.
        max_seq_id: the last queue operation in the index; chromadb 0.5.0 and older keep it here,
            later ones in a table.
    """

    labels: dict[str, int]
    dimension: int | None
    max_seq_id: int | None


def read_labels(path: Path) -> LabelMap:
    """Return the label map in `index_metadata.pickle`.

    Raises:
        DamagedStore: when it is cut short, changed, or names any class but chromadb's own.
    """
    with parsing(path, "it is not a label map as chromadb writes it"):
        return _label_map(_Pickle(path).read())


def _label_map(state: Any) -> LabelMap:
    labels = state["id_to_label"]
    numbers = labels.values()
    if not {*map(type, labels)} <= {str} or not {*map(type, numbers)} <= {int}:
        raise TypeError("a label is not a whole number")
    if min(numbers, default=0) < 0:
        raise ValueError("a label is below 0")
    return LabelMap(
        labels, _optional_int(state["dimensionality"]), _optional_int(state.get("max_seq_id"))
    )


def _optional_int(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError("not a whole number")
    return value


_CLASS: Final = object()
"""Stands on the stack where Python would put the one class that is known."""


class _Pickle:
    """A stack machine for the opcodes of two writers: see PEP 307, PEP 3154 and `pickletools`."""

    __slots__ = ("_at", "_data", "_marks", "_memo", "_path", "_stack", "_steps")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = read_regular(path)
        self._at = 0
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._steps: dict[int, Callable[[], object]] = {
            code[0]: partial(getattr(self, name), *given) for code, (name, *given) in _STEPS.items()
        }

    def read(self) -> Any:
        """Run to the final stop and return the one value that is left."""
        data, push, steps, at = self._data, self._stack.append, self._steps, 0
        while (code := data[at]) != _STOP:
            # Nearly all of a map is texts and numbers in these two forms; the rest may be slow.
            if code == _TEXT:
                end = at + 5 + _UINT(data, at + 1)[0]
                push(data[at + 5 : end].decode())
                at = end
            elif code == _NUMBER:
                push(_INT(data, at + 1)[0])
                at += 5
            else:
                self._at = at + 1
                steps[code]()
                at = self._at
        (value,) = self._stack
        return value

    def _take(self, size: int) -> bytes:
        start = self._at
        self._at = end = start + size
        if end > len(self._data):
            raise ValueError("cut short")
        return self._data[start:end]

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def _push(self, value: tuple[()] | None) -> None:
        self._stack.append(value)

    def _push_int(self, size: int) -> None:
        self._stack.append(self._number(size))

    def _push_long(self) -> None:
        size = self._number(1)
        if size > _LONGEST_NUMBER:
            raise ValueError("a number too large for a label")
        self._stack.append(int.from_bytes(self._take(size), "little", signed=True))

    def _push_short_text(self) -> None:
        self._stack.append(self._take(self._number(1)).decode())

    def _push_dict(self) -> None:
        self._stack.append({})

    def _push_mark(self) -> None:
        self._marks.append(len(self._stack))
        if self._is_not_kept():
            self._skip_items()

    def _is_not_kept(self) -> bool:
        """Return whether what is filled is a map that nobody needs: it would double the memory."""
        return len(self._stack) > 1 and self._stack[-2] in _NOT_KEPT

    def _skip_items(self) -> None:
        """Pass over texts and numbers, if there is nothing else that later opcodes may refer to."""
        data, at = self._data, self._at
        while (code := data[at]) == _NUMBER or code == _TEXT:
            at += 5 if code == _NUMBER else 5 + _UINT(data, at + 1)[0]
        if code == _SET_ITEMS:
            self._at = at

    def _memoize(self) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _put(self, size: int) -> None:
        self._memo[self._number(size)] = self._stack[-1]

    def _get(self, size: int) -> None:
        self._stack.append(self._memo[self._number(size)])

    def _set_items(self) -> None:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        if self._is_not_kept():
            return
        self._stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def _find_class(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._push_class(module, name)

    def _find_class_by_line(self) -> None:
        module, name = (self._line() for _ in range(2))
        self._push_class(module, name)

    def _line(self) -> str:
        end = self._data.index(b"\n", self._at)
        line = self._data[self._at : end].decode()
        self._at = end + 1
        return line

    def _push_class(self, module: Any, name: Any) -> None:
        if (module, name) != _KNOWN_CLASS:
            raise damaged(self._path, f"it names the class `{module}.{name}`")
        self._stack.append(_CLASS)

    def _new_object(self) -> None:
        arguments, cls = self._stack.pop(), self._stack.pop()
        if cls is not _CLASS or arguments != ():
            raise ValueError("an object of no known class")
        self._stack.append({})

    def _build(self) -> None:
        state = self._stack.pop()
        self._stack[-1].update(state)


_STEPS: Final[dict[bytes, tuple[Any, ...]]] = {
    b"\x80": ("_take", 1),
    b"\x95": ("_take", 8),
    b"N": ("_push", None),
    b"K": ("_push_int", 1),
    b"M": ("_push_int", 2),
    b"\x8a": ("_push_long",),
    b"\x8c": ("_push_short_text",),
    b"}": ("_push_dict",),
    b"(": ("_push_mark",),
    b")": ("_push", ()),
    b"\x94": ("_memoize",),
    b"q": ("_put", 1),
    b"r": ("_put", 4),
    b"h": ("_get", 1),
    b"j": ("_get", 4),
    b"u": ("_set_items",),
    b"\x93": ("_find_class",),
    b"c": ("_find_class_by_line",),
    b"\x81": ("_new_object",),
    b"b": ("_build",),
}
"""Opcode -> method of `_Pickle` and its arguments: a value, or how many bytes a number takes."""
