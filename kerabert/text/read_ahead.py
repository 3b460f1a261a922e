"""Threads that make the next batches before they are asked for."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any


class ReadAhead:
    """Calls a function of a place in a stream for the next places ahead of time.

    What is made is found by its place, so that a reader who jumps, starts again or stops early
    gets the same as without threads.

    Args:
        workers: number of threads.
        size: how many places are made ahead.

    Example:

    >>> ahead = ReadAhead(workers=2, size=4)
    >>> [ahead.get(str, place, end=3) for place in (0, 1, 2, 0)]
    ['0', '1', '2', '0']
    """

    def __init__(self, workers: int, size: int) -> None:
        self.workers = workers
        self.size = size
        self._lock = Lock()
        self._executor: ThreadPoolExecutor | None = None
        self._made: dict[int, Future[Any]] = {}

    def get(self, make: Callable[[int], Any], place: int, end: int) -> Any:
        """Return `make(place)`, and begin on the places behind it that lie before `end`."""
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self.workers, type(self).__name__)
            wanted = range(place, min(place + 1 + self.size, end))
            for stale in self._made.keys() - set(wanted):
                self._made.pop(stale).cancel()
            for later in wanted:
                if later not in self._made:
                    self._made[later] = self._executor.submit(make, later)
            future = self._made.pop(place)
        return future.result()

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy has threads of its own.
        return type(self), (self.workers, self.size)
