import itertools

import numpy as np
import pytest

from kerabert.text.buckets import choose_boundaries


def padded_tokens(lengths, boundaries):
    return int(np.asarray(boundaries)[np.searchsorted(boundaries, lengths)].sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("num_buckets", [1, 2, 3, 4])
def test_no_other_boundaries_pad_less(num_buckets, seed):
    lengths = np.random.default_rng(seed).integers(2, 75, size=60)
    chosen = choose_boundaries(lengths, num_buckets, ceiling=128)
    highest = -(-lengths.max() // 8) * 8
    others = range(8, highest, 8)
    best = min(
        padded_tokens(lengths, [*some, highest])
        for count in range(num_buckets)
        for some in itertools.combinations(others, count)
    )
    assert padded_tokens(lengths, chosen) == best
    assert len(chosen) <= num_buckets
    assert chosen == sorted(set(chosen))
    assert chosen[-1] == highest
    assert all(boundary % 8 == 0 for boundary in chosen)


def test_no_more_boundaries_than_help():
    assert choose_boundaries(np.array([3, 4, 20]), 8, ceiling=512) == [8, 24]
    assert choose_boundaries(np.array([5]), 8, ceiling=512) == [8]


def test_the_ceiling_need_not_be_a_multiple():
    assert choose_boundaries(np.array([3, 29, 30]), 2, ceiling=30) == [8, 30]
    assert choose_boundaries(np.array([3, 5]), 2, ceiling=5) == [5]
