"""A store whose next read may still see what was there before the last write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Thing = TypeVar("Thing")


class EventualStore(Generic[Thing]):
    """Things by name, in the order in which they came."""

    def __init__(self) -> None:
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

    def find(self, name: str) -> Thing | None:
        """Return a thing as it is, or `None`."""
        return self._things.get(name)

    def read(self, name: str) -> Thing | None:
        """Return a thing as a client sees it: once after a stale write, as it was before."""
        if name in self._before:
            return self._before.pop(name)
        return self._things.get(name)
