"""A store whose next read may still see what was there before the last write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ..refusal import not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Thing = TypeVar("Thing")


class EventualStore(Generic[Thing]):
    """Things by name, in the order in which they came.

    Args:
        what: one of them is, for refusals.
        key: turns a name into that under which a thing is kept.
    """

    def __init__(self, what: str, key: Callable[[str], str] = str) -> None:
        self._what = what
        self._key = key
        self._things: dict[str, Thing] = {}
        self._before: dict[str, Thing | None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._things

    def __len__(self) -> int:
        return len(self._things)

    def __iter__(self) -> Iterator[Thing]:
        return iter([*self._things.values()])

    def put(self, name: str, thing: Thing, *, is_stale: bool = False) -> None:
        """Keep a thing; with ``is_stale`` the next `read` does not see it yet."""
        if is_stale:
            self._before[name] = self._things.get(name)
        self._things[name] = thing

    def remove(self, name: str, *, is_stale: bool = False) -> None:
        """Forget a thing; with ``is_stale`` the next `read` still sees it."""
        if is_stale:
            self._before[name] = self._things.get(name)
        del self._things[name]

    def get(self, name: str) -> Thing | None:
        """Return a thing as it is, or `None`."""
        return self._things.get(self._key(name))

    def find(self, name: str) -> Thing:
        """Return a thing as it is.

        Raises:
            Refusal: when there is none of that name.
        """
        return self._there(name, self.get(name))

    def read(self, name: str) -> Thing:
        """Return a thing as a client sees it: once after a stale write, as it was before.

        Raises:
            Refusal: when the client sees none of that name.
        """
        key = self._key(name)
        return self._there(name, self._before.pop(key) if key in self._before else self.get(name))

    def _there(self, name: str, found: Thing | None) -> Thing:
        if found is None:
            raise not_found(f"{self._what} {name} not found")
        return found
