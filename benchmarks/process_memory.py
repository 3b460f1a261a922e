"""What a process and its children take: memory, CPU seconds, seconds."""

import os
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class watched:
    """Looks every 20 ms at how much memory this process and its children hold."""

    def __enter__(self) -> dict[str, Any]:
        self.peak, self.ended = 0.0, threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        self.facts = {
            "load": os.getloadavg()[0],
            "before_mb": resident(os.getpid()),
            "begin": time.perf_counter(),
            "cpu": cpu_seconds(),
            "watch": self,
        }
        return self.facts

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()
        for name in ("begin", "cpu", "watch"):
            del self.facts[name]

    def _look(self) -> None:
        while not self.ended.wait(0.02):
            self.peak = max(self.peak, sum(resident(pid) for pid in tree(os.getpid())))


def stopped(facts: dict[str, Any]) -> dict[str, Any]:
    """What it took up to now."""
    return {
        "seconds": time.perf_counter() - facts["begin"],
        "cpu_seconds": cpu_seconds() - facts["cpu"],
        "peak_mb": facts["watch"].peak,
    }


def cpu_seconds() -> float:
    """Of this process, its threads, and its children that have ended."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def tree(pid: int) -> Iterator[int]:
    """A process and its descendants, without those that are still a copy of the one above.

    A process that is being started has for a moment all the pages of the one that starts it.
    """
    yield pid
    try:
        own = Path(f"/proc/{pid}/cmdline").read_bytes()
        for path in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (path / "children").read_text().split()):
                if Path(f"/proc/{child}/cmdline").read_bytes() != own:
                    yield from tree(child)
    except OSError:
        pass  # it has ended


def resident(pid: int) -> float:
    """The megabytes that a process holds."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0  # it has ended
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
