"""What a store can't hold of a record: the limits that backends declare, the words, and the coding.

A backend declares its limits as `Holds`. What it makes of whole batches is judged here column by
column, and single records are looked at only where one of a batch is refused.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from ..model.canonical import metadata_jsons, read_json
from ..model.record import OWNED_FIELDS
from .exchange import Failure, FailureReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..model.record import MemoryRecord

T = TypeVar("T")

RECORD_KEY: Final = "memctl:record"
"""Reserved metadata key for the fields of a record that no other column holds, or holds exactly."""

DOUBLE_BITS: Final = 54
"""Whole numbers of so many bits, the sign among them, are exact in a double."""

REFUSALS: Final = (ArithmeticError, RecursionError, TypeError, ValueError)
"""What conversions raise for a value that can't be held."""


class Unheld(ValueError):
    """A store can't hold a record; the text says what of it."""


class HeldIds(StrEnum):
    """Which ids a store can give its rows."""

    ANY = "any"
    """Any text."""
    UUID = "uuid"
    """UUIDs, spelled with hyphens and in lower case."""
    OWN = "own"
    """None but those that it makes itself."""

    def holds(self, record_id: str) -> bool:
        """Return whether a new row can have the id."""
        if self is HeldIds.UUID:
            try:
                return str(UUID(record_id)) == record_id
            except ValueError:
                return False
        return self is HeldIds.ANY


@dataclass(frozen=True, slots=True)
class Holds:
    """What a store holds of what a record may be; by default everything.

    Attributes:
        ids: which ids its rows can have.
        empty_ids: an id without a character.
        nul: NUL characters, in any text.
        half_characters: half of a surrogate pair, in any text; it has no UTF-8.
        odd_numbers: NaN and infinities as importance and in metadata.
        odd_vectors: NaN and infinities in vectors.
        no_vector: why a record without a vector is refused; `None` where it is taken.
    """

    ids: HeldIds = HeldIds.ANY
    empty_ids: bool = True
    nul: bool = True
    half_characters: bool = True
    odd_numbers: bool = True
    odd_vectors: bool = True
    no_vector: str | None = None

    @property
    def renames(self) -> bool:
        """Whether records may get other ids than those that they had."""
        return self.ids is not HeldIds.ANY


def sort_out(
    records: Sequence[MemoryRecord],
    prepare: Callable[[Sequence[MemoryRecord]], T],
    said: str = "",
) -> tuple[T, dict[str, Failure]]:
    """Prepare records to be written, all at once; one by one only where that fails.

    Args:
        records: the records.
        prepare: makes of them what is written; also of none. It raises one of `REFUSALS`, which
            says why, where one can't be held.
        said: stands before the reason.

    Returns:
        What was made of those that can be held, and the others by id.
    """
    try:
        return prepare(records), {}
    except REFUSALS:
        kept: list[MemoryRecord] = []
        failed: dict[str, Failure] = {}
        for record in records:
            try:
                prepare([record])
            except REFUSALS as exc:
                failed[record.id] = Failure(FailureReason.REFUSED, f"{said}{exc}")
            else:
                kept.append(record)
        return prepare(kept), failed


def judge(columns: Mapping[str, Sequence[Any]], holds: Holds) -> list[str]:
    """Judge every column of a batch, and return the metadata of each record as JSON.

    For a store that keeps metadata as one text; others judge what they make of a record.

    Raises:
        Unheld: saying why the store can't hold one of the records.
    """
    judge_ids(columns["id"], holds)
    judge_vectors(columns["embedding"], holds)
    if not holds.odd_numbers:
        judge_importance(columns["importance"])
    with as_utf8_and_json():
        jsons = metadata_jsons(columns["metadata"])
    for name in ("id", "content", *OWNED_FIELDS):
        judge_texts(name, {*columns[name]} - {None}, holds)
    judge_texts("metadata", jsons, holds)
    # JSON spells NUL with an escape, and the text of that escape with one more backslash.
    if not holds.nul and any("\\u0000" in each.replace("\\\\", "") for each in jsons):
        raise Unheld("its metadata holds a NUL character")
    return jsons


def judge_ids(ids: Sequence[str], holds: Holds) -> None:
    """Raise `Unheld` where an id is empty and the store takes none such."""
    if not holds.empty_ids and not all(ids):
        raise Unheld("its id is empty")


def judge_vectors(vectors: Sequence[NDArray[np.float32] | None], holds: Holds) -> None:
    """Raise `Unheld` where a vector is missing, or has numbers that the store does not take."""
    import numpy as np

    there = [each for each in vectors if each is not None]
    if holds.no_vector and len(there) < len(vectors):
        raise Unheld(holds.no_vector)
    if there and not holds.odd_vectors and not np.isfinite(np.concatenate(there)).all():
        raise Unheld("its vector holds NaN or an infinity")


def judge_importance(values: Iterable[float | None]) -> None:
    """Raise `Unheld` where an importance is NaN or infinite."""
    for value in values:
        if value is not None and not isfinite(value):
            raise Unheld(f"its importance is {value}")


def judge_texts(name: str, texts: Iterable[str], holds: Holds) -> None:
    """Raise `Unheld` where a text of a field has a character that the store does not take."""
    together = "".join(texts)
    if not holds.nul and "\0" in together:
        raise Unheld(f"its {name} holds a NUL character")
    if not holds.half_characters:
        with naming_half_characters(name):
            together.encode()


@contextmanager
def naming_half_characters(name: str) -> Iterator[None]:
    """Raise `Unheld` where a text of a field is made UTF-8 and holds half a character."""
    try:
        yield
    except UnicodeEncodeError as exc:
        lone = f"U+{ord(exc.object[exc.start]):04X}"
        raise Unheld(f"its {name} holds half a character ({lone}), which is no UTF-8") from None


@contextmanager
def as_utf8_and_json() -> Iterator[None]:
    """Raise `Unheld` where something of a record has no spelling in UTF-8 or JSON."""
    try:
        yield
    except Unheld:
        raise
    except REFUSALS as exc:
        raise Unheld(f"it can't be written as UTF-8 and JSON: {exc}") from exc


def fits_bits(value: int, bits: int) -> bool:
    """Return whether a whole number fits a column of so many bits, one of which is the sign."""
    limit = 1 << (bits - 1)
    return -limit <= value < limit


def exact_float(value: object) -> float | None:
    """Return a number as a float, `None` for what is none or what no float holds exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) and number == value else None


def text_as_float(text: object) -> float | None:
    """Return the number that was kept as text, `None` where the text is none."""
    try:
        return exact_float(float(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def read_object(text: object) -> dict[str, Any] | None:
    """Return the JSON object in a text, `None` where there is none."""
    try:
        value = read_json(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def with_kept_json(metadata: dict[str, Any], key: str) -> dict[str, Any]:
    """Return metadata with what is kept as JSON under a key of it.

    Text that memctl would not write there stays as it is.
    """
    kept = read_object(metadata[key])
    beside = {name: value for name, value in metadata.items() if name != key}
    if kept is None or kept.keys() & beside.keys():
        return metadata
    return beside | kept


def take_mark(metadata: dict[str, Any]) -> dict[str, Any]:
    """Remove and return what is kept under `RECORD_KEY`; what is no object there stays."""
    mark = metadata.get(RECORD_KEY)
    if not isinstance(mark, dict):
        return {}
    del metadata[RECORD_KEY]
    return mark
