import numpy as np
import pytest

from kerabert.text.pair_windows import PairWindows
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.token_rows import TokenRows


def loop(short, long, sequence_length, stride):
    """The rule, row by row: a window begins `stride` tokens before the end of the one before."""
    room = sequence_length - 3 - len(short)
    start, windows = 0, []
    while True:
        windows.append((start, long[start : start + room]))
        if start + room >= len(long):
            return windows
        start += room - stride


@pytest.mark.parametrize("cuts_second", [True, False])
def test_equals_the_rule(cuts_second):
    generator = np.random.default_rng(0)
    for _ in range(50):
        stride = int(generator.integers(0, 4))
        short, long = (
            [generator.integers(5, 99, generator.integers(0, most)).tolist() for _ in range(4)]
            for most in (5, 30)
        )
        a, b = TokenRows.from_lists(short), TokenRows.from_lists(long)
        windows = PairWindows.cut(*((a, b) if cuts_second else (b, a)), 12, stride, cuts_second)
        whole, cut = windows[:2] if cuts_second else windows[1::-1]
        expected = [
            (row, start, short[row], ids)
            for row in range(4)
            for start, ids in loop(short[row], long[row], 12, stride)
        ]
        found = zip(
            windows.row.tolist(),
            windows.start.tolist(),
            whole.to_lists(),
            cut.to_lists(),
            strict=True,
        )
        assert list(found) == expected


def test_no_room():
    a, b = TokenRows.from_lists([[5], [5] * 4]), TokenRows.from_lists([[5] * 9] * 2)
    with pytest.raises(ValueError, match="sequence_length=10, which leaves 3 tokens in row 1"):
        PairWindows.cut(a, b, 10, 3)
    packer = SequencePacker(2, 3, 0, sequence_length=10)
    with pytest.raises(ValueError, match='must be "only_first" or "only_second"'):
        packer.cut_windows(a, b)
