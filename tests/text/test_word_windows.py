from itertools import pairwise

import numpy as np
import pytest

from kerabert.text.word_rows import WordRows
from kerabert.text.word_windows import WordWindows
from tests.tiny import WORDS, make_tokenizer


@pytest.mark.parametrize(("room", "stride"), [(5, 0), (6, 2), (9, 8), (100, 20)])
def test_windows(room, stride):
    """What a plain loop over windows and words finds."""
    generator = np.random.default_rng(0)
    names = [*WORDS, "goodly", "filmsss"]
    words = [list(generator.choice(names, generator.integers(0, 40))) for _ in range(30)]
    rows = WordRows.read(words, make_tokenizer())
    windows = WordWindows(rows, room, stride)
    assert windows.row.tolist() == sorted(windows.row.tolist())
    pieces = rows.pieces.to_lists()
    cut = windows.pieces.to_lists()
    numbers = np.split(windows.piece_numbers, windows.pieces.offsets[1:-1])
    covered = {row: set() for row in range(30)}
    for window, (row, ids, places) in enumerate(zip(windows.row, cut, numbers, strict=True)):
        begin = int(windows.begins[window] - rows.pieces.offsets[row])
        assert ids == pieces[row][begin : begin + len(ids)]
        assert len(ids) == min(room, len(pieces[row]) - begin)
        assert places.tolist() == [
            *range(windows.begins[window], windows.begins[window] + len(ids))
        ]
        assert windows.begins[window] in rows.piece_offsets
        covered[row] |= set(range(begin, begin + len(ids)))
    assert all(covered[row] == set(range(len(pieces[row]))) for row in covered)
    for row in range(30):
        own = np.flatnonzero(windows.row == row)
        assert len(own) == 1 or len(pieces[row]) > room
        for one, other in pairwise(own):
            end = windows.begins[one] + windows.pieces.lengths[one]
            common = end - windows.begins[other]  # the longest word has 4 pieces
            assert max(0, stride - 3) <= common <= stride + 3 and (common >= stride or stride == 8)
        for word in range(*rows.word_offsets[row : row + 2]):
            first, last = rows.piece_offsets[word : word + 2]
            contexts = []
            for window in own:
                begin, end = windows.begins[window], windows.begins[window] + len(cut[window])
                before = first - begin if begin > rows.pieces.offsets[row] else 1000
                behind = end - last if end < rows.pieces.offsets[row + 1] else 1000
                contexts.append(min(before, behind) if begin <= first < end else -1000)
            assert windows.home[word] == own[int(np.argmax(contexts))]


def test_a_word_longer_than_a_window():
    rows = WordRows.read([["film", "good" + "s" * 20, "bad"]], make_tokenizer())
    windows = WordWindows(rows, 6, 3)
    assert windows.pieces.lengths.max() == 6
    ends = windows.begins + windows.pieces.lengths
    for word, window in enumerate(windows.home):
        assert windows.begins[window] <= rows.piece_offsets[word] < ends[window]
    assert ends[-1] == rows.piece_offsets[-1]


@pytest.mark.parametrize("stride", [-1, 6])
def test_bad_strides(stride):
    with pytest.raises(ValueError, match="`stride` must lie in"):
        WordWindows(WordRows.read([["film"]], make_tokenizer()), 6, stride)
