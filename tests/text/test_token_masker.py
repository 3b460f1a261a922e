from collections import Counter

import numpy as np
import pytest

from kerabert.text import SequencePacker, TokenMasker
from tests.tiny import VOCABULARY, make_tokenizer

SIZE = 1000
SPECIAL = [0, 1, 2, 3, 4]


def make(**kwargs):
    return TokenMasker(4, SPECIAL, SIZE, **kwargs)


def rows_of(lengths, length, seed=0):
    """Packed rows: [CLS], as many random tokens as each length says, [SEP], padding."""
    generator = np.random.default_rng(seed)
    packer = SequencePacker(2, 3, 0, sequence_length=length)
    return packer([generator.integers(5, SIZE, n).tolist() for n in lengths])


def restored(masked):
    """The token ids before they were hidden."""
    ids = masked["token_ids"].copy()
    rows, places = np.nonzero(masked["mask_weights"])
    ids[rows, masked["mask_positions"][rows, places]] = masked["mask_ids"][rows, places]
    return ids


def within_four_sigma(hits, total, share):
    return abs(hits - total * share) < 4 * (total * share * (1 - share)) ** 0.5


CONTINUATION = np.arange(SIZE) % 3 == 0


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"whole_words": True, "is_continuation": CONTINUATION},
        {"max_ngram": 3, "is_continuation": CONTINUATION},
    ],
)
def test_shares_and_that_nothing_else_changes(kwargs):
    masker = make(**kwargs)
    lengths = np.random.default_rng(1).integers(20, 126, 1500)
    x = rows_of(lengths, 128)
    masked = masker(x, np.arange(1500))
    weights = masked["mask_weights"] == 1
    chosen, total = int(weights.sum()), int(lengths.sum())
    assert within_four_sigma(chosen, total, 0.15)
    assert np.array_equal(restored(masked), x["token_ids"])
    assert masked["segment_ids"] is x["segment_ids"]

    positions, ids = masked["mask_positions"], masked["mask_ids"]
    rows = np.broadcast_to(np.arange(1500)[:, None], positions.shape)[weights]
    now, before = masked["token_ids"][rows, positions[weights]], ids[weights]
    assert not np.isin(before, SPECIAL).any()
    hidden, same = now == 4, now == before
    other = ~hidden & ~same
    assert not np.isin(now[other], SPECIAL).any()
    assert within_four_sigma(hidden.sum(), chosen, 0.8)
    # One of the random draws in 995 is the token itself.
    assert within_four_sigma(other.sum(), chosen, 0.1 * 994 / 995)
    assert within_four_sigma(same.sum(), chosen, 0.1 + 0.1 / 995)
    # Drawn evenly from all that are not special: the mean is that of 5..999.
    assert abs(now[other].mean() - 502) < 4 * 287.2 / other.sum() ** 0.5
    # In order, then filled up with 0.
    steps = np.diff(positions, axis=1)[weights[:, 1:]]
    assert (steps > 0).all() and not positions[~weights].any() and not ids[~weights].any()


def test_a_row_of_any_length_has_the_same_share_on_average():
    for length in (8, 21, 126):
        masked = make()(rows_of([length] * 4000, 128), np.arange(4000))
        counts = masked["mask_weights"].sum(axis=1)
        assert set(counts) <= {np.floor(0.15 * length), np.floor(0.15 * length) + 1}
        share = 0.15 * length % 1
        extra = (counts - np.floor(0.15 * length)).sum()
        assert within_four_sigma(extra, 4000, share)


def test_every_place_is_chosen_alike():
    masked = make()(rows_of([40] * 6000, 42), np.arange(6000))
    weights = masked["mask_weights"] == 1
    counts = np.bincount(masked["mask_positions"][weights], minlength=42)
    assert counts[0] == counts[41] == 0
    assert all(within_four_sigma(count, 6000, 0.15) for count in counts[1:41])


def test_a_short_row_has_one_mask():
    masked = make()(rows_of([1, 2, 3], 8), [0, 1, 2])
    assert masked["mask_weights"].sum(axis=1).tolist() == [1, 1, 1]


def test_a_draw_depends_on_seed_epoch_and_index_alone():
    x = rows_of([30, 12, 50, 7], 64)
    masked = make()(x, [10, 11, 12, 13])
    turned = {name: values[::-1] for name, values in x.items()}
    again = make()(turned, [13, 12, 11, 10])
    for name in masked:
        assert np.array_equal(again[name][::-1], masked[name]), name
    wider = {name: np.pad(values, ((0, 0), (0, 64))) for name, values in x.items()}
    ids = make()(wider, [10, 11, 12, 13])["token_ids"]
    assert np.array_equal(ids[:, :64], masked["token_ids"])
    for other in (
        make(seed=1)(x, [10, 11, 12, 13]),
        make()(x, [10, 11, 12, 13], epoch=1),
        make()(x, [20, 21, 22, 23]),
    ):
        assert (other["token_ids"] != masked["token_ids"]).any()


def test_these_very_draws():
    """The stream of Philox is fixed by numpy: a change here breaks every resumed run."""
    draws = np.random.Generator(np.random.Philox(key=[3, 7], counter=[0, 0, 0, 2])).random((6, 6))
    x = rows_of([4], 6)
    masked = make(seed=3)(x, [7], epoch=2)
    order = 1 + np.argsort(draws[1:5, 1])
    assert masked["mask_positions"][0, 0] == order[0] and masked["mask_weights"].sum() == 1


def words_of(ids):
    words, start = [], None
    for place, id in enumerate(ids):
        if id in SPECIAL:
            start = None
        elif start is None or not CONTINUATION[id]:
            start = place
            words.append([place])
        else:
            words[-1].append(place)
    return words


def test_whole_words():
    masker = make(whole_words=True, is_continuation=CONTINUATION)
    x = rows_of([60] * 50, 62)
    masked = masker(x, np.arange(50))
    for row in range(50):
        count = int(masked["mask_weights"][row].sum())
        chosen = set(masked["mask_positions"][row, :count].tolist())
        for word in words_of(x["token_ids"][row].tolist()):
            assert chosen.issuperset(word) or chosen.isdisjoint(word)


def test_spans_of_words():
    def mean_run(max_ngram):
        masker = make(max_ngram=max_ngram, whole_words=True, is_continuation=np.zeros(SIZE, bool))
        masked = masker(rows_of([120] * 300, 122), np.arange(300))
        weights = masked["mask_weights"] == 1
        steps = np.diff(masked["mask_positions"], axis=1)[weights[:, 1:]]
        return weights.sum() / (weights.sum() - (steps == 1).sum())

    # Chosen alone, 0.15 of the neighbours of a token are chosen too: runs of 1 / 0.85.
    assert abs(mean_run(1) - 1 / 0.85) < 0.05
    assert mean_run(3) > 1.5


def test_from_a_tokenizer():
    masker = TokenMasker.from_tokenizer(make_tokenizer(), whole_words=True)
    assert masker.mask_id == VOCABULARY.index("[MASK]")
    assert masker.special_ids.tolist() == [0, 1, 2, 3, 4]
    assert [VOCABULARY[i] for i in np.flatnonzero(masker.is_continuation)] == ["##s", "##ly"]


def test_config():
    masker = make(max_ngram=2, is_continuation=CONTINUATION, mask_rate=0.3, seed=5)
    again = TokenMasker(**masker.get_config())
    assert again.get_config() == masker.get_config()
    x = rows_of([20, 30], 40)
    one, other = masker(x, [0, 1]), again(x, [0, 1])
    assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"mask_rate": 0}, "`mask_rate` must lie"),
        ({"mask_rate": 1}, "`mask_rate` must lie"),
        ({"mask_token_rate": 0.8, "random_token_rate": 0.3}, "1 together at most"),
        ({"mask_token_rate": -0.1}, "at least 0"),
        ({"whole_words": True}, "`is_continuation` must say"),
        ({"max_ngram": 2, "is_continuation": [True]}, "`is_continuation` must say"),
        ({"max_ngram": 0}, "max_ngram"),
        ({"seed": -1}, "seed"),
        ({"mask_id": SIZE}, "`mask_id` must lie"),
        ({"special_ids": [SIZE]}, "`special_ids` must lie"),
        ({"special_ids": []}, "`special_ids` must lie"),
        ({"special_ids": range(SIZE)}, "not special"),
    ],
)
def test_bad_arguments(kwargs, message):
    arguments = {"mask_id": 4, "special_ids": SPECIAL, "vocabulary_size": SIZE}
    with pytest.raises(ValueError, match=message):
        TokenMasker(**{**arguments, **kwargs})


def test_bad_input():
    x = rows_of([5, 0], 8)
    with pytest.raises(ValueError, match="row 1 without one"):
        make()(x, [0, 1])
    with pytest.raises(ValueError, match="one number a row, 2"):
        make()(x, [0])
    with pytest.raises(ValueError, match="epoch"):
        make()(rows_of([5], 8), [0], epoch=-1)


@pytest.mark.slow
@pytest.mark.parametrize("kwargs", [{}, {"whole_words": True, "is_continuation": CONTINUATION}])
def test_ten_million_tokens(kwargs):
    total, special, counts = 0, 0, Counter()
    masker = make(seed=9, **kwargs)
    for part in range(40):
        lengths = np.random.default_rng(part).integers(120, 511, 800)
        x = rows_of(lengths, 512, seed=part)
        masked = masker(x, np.arange(800) + 800 * (part // 4), epoch=part % 4)
        total += int(lengths.sum())
        assert np.array_equal(restored(masked), x["token_ids"])
        weights = masked["mask_weights"] == 1
        rows, _ = np.nonzero(weights)
        assert np.bincount(rows, minlength=800).min() >= 1
        now = masked["token_ids"][rows, masked["mask_positions"][weights]]
        before = masked["mask_ids"][weights]
        hidden, same = now == 4, now == before
        special += np.isin(before, SPECIAL).sum() + np.isin(now[~hidden], SPECIAL).sum()
        counts += Counter(chosen=len(now), hidden=hidden.sum(), same=same.sum())
    chosen, hidden, same = counts["chosen"], counts["hidden"], counts["same"]
    assert total > 10_000_000 and special == 0
    assert within_four_sigma(chosen, total, 0.15) and within_four_sigma(hidden, chosen, 0.8)
    # One of the random draws in 995 is the token itself.
    assert within_four_sigma(same, chosen, 0.1 + 0.1 / 995)
    assert within_four_sigma(chosen - hidden - same, chosen, 0.1 * 994 / 995)
    print(f"{total:,} tokens: {chosen / total:.5%} chosen, {hidden / chosen:.4%} hidden, ", end="")
    print(f"{same / chosen:.4%} as they were, {special} special")
