import numpy as np
import pytest

from kerabert.text import ExamplePacker, SequencePacker, TokenMasker

LENGTHS = [3, 12, 5, 9, 3, 4, 12, 7]  # of the segments, without [CLS] and [SEP]
ROWS = [[1], [3, 2], [0, 4, 5], [6], [7]]


def make(sequence_length=20, max_examples=3):
    return ExamplePacker(sequence_length, padding_id=0, max_examples=max_examples)


def make_examples(lengths=LENGTHS, length=20):
    generator = np.random.default_rng(0)
    segments = [generator.integers(5, 50, n) for n in lengths]
    second = [segment[1:] for segment in segments]
    return SequencePacker(2, 3, 0, length)([segment[:1] for segment in segments], second)


def test_rows_hold_their_examples_and_nothing_else():
    x = make_examples()
    packed = make()(x, ROWS)
    for row, examples in enumerate(ROWS):
        place = 0
        for number, example in enumerate(examples):
            n = int(x["padding_mask"][example].sum())
            here = slice(place, place + n)
            for name in ("token_ids", "segment_ids"):
                assert np.array_equal(packed[name][row, here], x[name][example, :n]), name
            assert (packed["example_ids"][row, here] == number + 1).all()
            assert packed["example_starts"][row, number] == place
            place += n
        for name in ("token_ids", "segment_ids", "example_ids"):
            assert not packed[name][row, place:].any()
        assert not packed["example_starts"][row, len(examples) :].any()
        assert packed["example_weights"][row].tolist() == [
            float(i < len(examples)) for i in range(3)
        ]


@pytest.mark.parametrize("whole_words", [False, True])
def test_masks_are_those_of_the_examples(whole_words):
    masker = TokenMasker(4, range(5), 50, np.arange(50) % 2 == 0, whole_words=whole_words)
    masked = masker(make_examples(), np.arange(8))
    packed = make()(masked, ROWS, num_masks=16)
    expected = make()(make_examples(), ROWS)["token_ids"]
    for row, examples in enumerate(ROWS):
        kept = masked["mask_weights"][examples] > 0
        count = int(kept.sum())
        assert packed["mask_weights"][row].tolist() == [1.0] * count + [0.0] * (16 - count)
        places = packed["mask_positions"][row, :count]
        assert np.array_equal(packed["mask_ids"][row, :count], masked["mask_ids"][examples][kept])
        assert np.array_equal(packed["mask_ids"][row, :count], expected[row, places])
        assert (np.diff(places) > 0).all()
        changed = np.flatnonzero(packed["token_ids"][row] != expected[row])
        assert set(changed) <= set(places)


def test_masks_that_are_too_many_are_taken_back():
    x = make_examples()
    masker = TokenMasker(4, range(5), 50, mask_rate=0.5, mask_token_rate=1.0, random_token_rate=0.0)
    masked = masker(x, np.arange(8))
    whole, packed = (make()(masked, ROWS, num_masks=n) for n in (16, 4))
    assert whole["mask_weights"].sum(axis=1).max() > 4
    assert packed["mask_weights"].sum(axis=1).max() == 4
    before = make()(x, ROWS)["token_ids"]
    for row, examples in enumerate(ROWS):
        places = packed["mask_positions"][row, packed["mask_weights"][row] > 0]
        assert set(packed["example_ids"][row, places]) == set(range(1, len(examples) + 1))
        # What is hidden is what is to be predicted.
        assert np.array_equal(np.flatnonzero(packed["token_ids"][row] == 4), np.sort(places))
        rest = np.delete(np.arange(20), places)
        assert np.array_equal(packed["token_ids"][row, rest], before[row, rest])


def test_a_plan_holds_each_example_once_and_fits():
    lengths = np.random.default_rng(3).integers(2, 21, 500)
    rows = make().plan(lengths)
    assert sorted(example for row in rows for example in row) == list(range(500))
    assert max(sum(lengths[row]) for row in rows) <= 20
    assert max(map(len, rows)) == 3
    assert rows == make().plan(lengths)
    assert 1 - lengths.sum() / (20 * len(rows)) < 0.03


def test_a_plan_is_the_best_fit():
    """Beside a plain search for the fullest row with room, in the order of falling lengths."""
    lengths = np.random.default_rng(4).integers(1, 41, 200)
    rows = make(40, max_examples=200).plan(lengths)
    left = []
    for length in sorted(lengths.tolist(), reverse=True):
        fitting = [room for room in left if room >= length]
        if fitting:
            left.remove(min(fitting))
            left.append(min(fitting) - length)
        else:
            left.append(40 - length)
    assert sorted(40 - sum(lengths[row]) for row in rows) == sorted(left)


def test_bad_arguments():
    for name in ("sequence_length", "max_examples"):
        with pytest.raises(ValueError, match=name):
            make(**{name: 0})
    with pytest.raises(ValueError, match="padding_id"):
        ExamplePacker(8, -1)


def test_bad_input():
    packer, x = make(), make_examples()
    with pytest.raises(ValueError, match=r"at most `sequence_length` tokens. Received: 21"):
        packer.plan([4, 21])
    for lengths in ([], [3, 0], [[3]]):
        with pytest.raises(ValueError, match="integers above 0"):
            packer.plan(lengths)
    with pytest.raises(ValueError, match=r"1 to `max_examples` examples, 3. Received: \[1, 4\]"):
        packer(x, [[0], [1, 2, 3, 4]])
    for rows in ([], [[0], []]):
        with pytest.raises(ValueError, match="1 to `max_examples` examples"):
            packer(x, rows)
    with pytest.raises(ValueError, match=r"row 1 of 30 tokens"):
        packer(x, [[0], [1, 6]])
    masked = TokenMasker(4, range(5), 50)(x, np.arange(8))
    for num_masks in (None, 2):
        with pytest.raises(ValueError, match="`num_masks` must be an integer of 3 or more"):
            packer(masked, ROWS, num_masks)
