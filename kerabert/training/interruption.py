"""Ctrl-C and SIGTERM, held back until what is under way has been saved."""

import signal
import sys
import threading
from types import TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While it is entered, the first Ctrl-C or SIGTERM only asks for a stop; the second one stops.

    In threads other than the main one, where Python takes no signals, it does nothing.

    Example:

    >>> with Interruption() as interruption:
    ...     interruption.is_asked_for
    False
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._before: dict[int, Any] = {}

    @property
    def is_asked_for(self) -> bool:
        """Whether a signal has come."""
        return self._signal is not None

    def stop(self) -> None:
        """Do now what the signal would have done.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            SystemExit: after SIGTERM, with the exit code 143.
        """
        if self._signal == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)
        raise KeyboardInterrupt

    def __enter__(self) -> Self:
        self._signal = None
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before = {}

    def _take(self, number: int, frame: Any) -> None:
        if self._signal is not None:
            self.stop()
        self._signal = number
        print("\nStopping as soon as this is saved. Once more: at once.", file=sys.stderr)
