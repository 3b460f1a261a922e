import numpy as np
import pytest

from kerabert.text import DocumentPacker, SequencePacker, TokenRows
from kerabert.text.document_packer import largest_stride

LENGTH, MOST = 12, 3


def make(stride=2, **kwargs):
    return DocumentPacker(2, 3, 0, **{"window_length": LENGTH, "max_windows": MOST, **kwargs},
                          stride=stride)  # fmt: skip


def loop(first, second, stride):
    """The rule, row by row: the longer segment in windows, the other one in each of them."""
    room = LENGTH - (2 if second is None else 3)
    is_first = second is None or len(first) > len(second)
    long, short = (first, second or []) if is_first else (second, first)
    if second is not None:
        short = short[: room // 2]
    room -= len(short)
    windows, start = [], 0
    while len(windows) < MOST:
        part = long[start : start + room]
        one, two = (part, short) if is_first else (short, part)
        windows.append([2, *one, 3] + ([*two, 3] if second is not None else []))
        if start + room >= len(long):
            break
        start += room - stride
    return windows


def random_rows(generator, most):
    return [generator.integers(5, 99, generator.integers(0, most)).tolist() for _ in range(6)]


@pytest.mark.parametrize("with_pairs", [False, True])
def test_equals_the_rule(with_pairs):
    generator = np.random.default_rng(0)
    for _ in range(60):
        stride = int(generator.integers(0, largest_stride(LENGTH) + 1))
        first = random_rows(generator, 40)
        second = random_rows(generator, 40) if with_pairs else None
        packer = make(stride)
        x = packer(first, second)
        expected = [loop(a, b, stride) for a, b in zip(first, second or [None] * 6, strict=True)]
        assert x["token_ids"].shape == (6, MOST, LENGTH)
        for row, windows in enumerate(expected):
            for number in range(MOST):
                ids = windows[number] if number < len(windows) else []
                mask = x["padding_mask"][row, number]
                assert x["token_ids"][row, number][mask].tolist() == ids
                assert mask.sum() == len(ids) and not x["token_ids"][row, number][~mask].any()
        tokens = [sum(map(len, windows)) for windows in expected]
        assert packer.lengths(first, second).tolist() == tokens
        # What was cut is cut once: the same windows again.
        again = packer(*packer.truncate(first, second))
        assert all(np.array_equal(again[name], x[name]) for name in x)


def test_a_short_row_is_packed_as_ever():
    plain = SequencePacker(2, 3, 0, LENGTH)
    for rows in (([[5] * 10, [6]],), ([[5] * 8, [6] * 3], [[7], [8] * 6])):
        x, expected = make()(*rows, length=LENGTH), plain(*rows)
        assert all(np.array_equal(x[name][:, 0], expected[name]) for name in expected)
        assert x["token_ids"].shape == (2, 1, LENGTH)


def test_lengths_of_arrays():
    packer, rows = make(), [[5] * 3, [5] * 4]
    assert packer(rows, length=8)["token_ids"].shape == (2, 1, 8)
    assert packer(rows, length=2 * LENGTH)["token_ids"].shape == (2, 2, LENGTH)
    with pytest.raises(ValueError, match=r"must hold the windows.*length=12, 2 windows of 12"):
        packer([[5] * 11], length=LENGTH)


def test_boundaries_are_few_and_hold_every_row():
    packer = make(max_windows=40)
    rows = TokenRows.from_lists([[5] * n for n in range(200)])
    tokens = packer.lengths(rows)
    boundaries = packer.choose_boundaries(tokens, 1)
    assert len(boundaries) == 3 and boundaries[0] == LENGTH
    assert boundaries[-1] >= tokens.max() and all(b % LENGTH == 0 for b in boundaries)
    assert packer.choose_boundaries(tokens[:4], 3) == [8]
    assert packer.choose_boundaries(tokens[40:41], 3) == [5 * LENGTH]


def test_config():
    packer = make()
    assert DocumentPacker.from_config(packer.get_config()).get_config() == packer.get_config()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"stride": 5}, r"`stride` must lie in 0\.\.4.*stride=5"),
        ({"window_length": 2}, "`window_length` must be an integer of 3 or more"),
        ({"max_windows": 0}, "`max_windows` must be an integer of 1 or more"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)


def test_no_room_for_pairs():
    with pytest.raises(ValueError, match="`window_length` must be 4 or more"):
        make(window_length=3, stride=0)([[5]], [[6]])
