"""A bounded memory of results, one for each white-space chunk: what makes the tokeniser fast.

Natural text repeats itself: most chunks ("the", "said,") have been seen before, and a dict answers
in one look-up. This is exact, since no rule of BERT looks past a white space.
"""

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


class ChunkMemory(dict[str, Value]):
    """A dict that computes what it lacks, remembers it, and forgets what was not asked for lately.

    Two generations: this dict itself, which holds new and lately used results, and an older one.
    When this dict holds `size / 2` results, it becomes the older generation, and the former older
    one is forgotten. So at most `size` results are held, each of a chunk of at most `longest`
    characters, and a look-up that succeeds costs what a dict costs.

    Args:
        compute: Gives the result for a chunk. It must be a function of the chunk alone: two threads
            may compute the same result at once.
        size: The largest number of results held, at least 0; 0 remembers nothing.
        longest: Chunks of more characters than this are computed each time.
    """

    def __init__(self, compute: Callable[[str], Value], size: int, longest: int = 32) -> None:
        super().__init__()
        self._compute = compute
        self._half = size // 2
        self._longest = longest
        self._older: dict[str, Value] = {}

    def __missing__(self, chunk: str) -> Value:
        value = self._older.get(chunk)
        if value is None:
            value = self._compute(chunk)
            if len(chunk) > self._longest:
                return value
        if len(self) >= self._half:
            if not self._half:
                return value
            self._older = self.copy()
            self.clear()
        self[chunk] = value
        return value
