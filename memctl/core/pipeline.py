"""Several readers before and several writers behind one queue."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from queue import Empty, Full, Queue
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE_SECONDS: Final = 0.1
"""How soon a thread notices that nobody waits for it any more."""


def read_lanes(lanes: Sequence[Iterable[T]], threads: int) -> Generator[T]:
    """Return the items of every lane, each lane's in order; closing it ends its threads.

    With one thread the lanes are read one after the other, in the caller's thread. What a lane
    raises is raised here, and ends the others.

    Args:
        lanes: what is read; several at once.
        threads: how many at once.
    """
    if 1 in (threads, len(lanes)):
        for lane in lanes:
            yield from lane
        return
    queue: Queue[T] = Queue(threads)
    is_over = Event()

    def read(lane: Iterable[T]) -> None:
        for item in lane:
            if not _put(queue, item, is_over):
                return

    with _pool(threads, "memctl-reader") as pool:
        try:
            reading = [pool.submit(read, lane) for lane in lanes]
            yield from _taken(queue, reading)
        finally:
            is_over.set()


@contextmanager
def _pool(threads: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Return threads; what they have begun is waited for, but not by a user who interrupts."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
    is_waited_for = True
    try:
        yield pool
    except (KeyboardInterrupt, GeneratorExit):  # the latter where it meets who takes the results
        is_waited_for = False
        raise
    finally:
        pool.shutdown(wait=is_waited_for, cancel_futures=True)


def _put(queue: Queue[T], item: T, is_over: Event) -> bool:
    while not is_over.is_set():
        try:
            queue.put(item, timeout=_PATIENCE_SECONDS)
        except Full:
            continue
        return True
    return False


def _taken(queue: Queue[T], reading: list[Future[None]]) -> Iterator[T]:
    """Take items until every reader has ended and nothing is left."""
    while True:
        is_all_read = all(each.done() for each in reading)
        try:
            yield queue.get(timeout=0 if is_all_read else _PATIENCE_SECONDS)
        except Empty:
            for each in reading:
                if each.done():
                    each.result()
            if is_all_read:
                return


def work_in_order(
    items: Generator[T], work: Callable[[T], R], threads: int
) -> Generator[tuple[T, R]]:
    """Work on several items at once, and give each with its result in the order they came.

    With one thread the work is done in the caller's. What the work raises is raised here, after the
    results of all items before it; work that has begun by then is waited for.

    Args:
        items: what is worked on, closed in the end; at most twice as many as there are threads are
            held.
        work: is called in another thread.
        threads: how many at once.
    """
    with closing(items):
        if threads == 1:
            for item in items:
                yield item, work(item)
        else:
            yield from _work_at_once(items, work, threads)


def _work_at_once(
    items: Iterable[T], work: Callable[[T], R], threads: int
) -> Iterator[tuple[T, R]]:
    begun: deque[tuple[T, Future[R]]] = deque()
    with _pool(threads, "memctl-writer") as pool:
        for item in items:
            begun.append((item, pool.submit(work, item)))
            if len(begun) == 2 * threads:
                yield _ended(begun)
        while begun:
            yield _ended(begun)


def _ended(begun: deque[tuple[T, Future[R]]]) -> tuple[T, R]:
    item, future = begun.popleft()
    try:
        return item, future.result()
    finally:
        del future  # else what it raises and this frame would keep each other
