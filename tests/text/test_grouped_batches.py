import numpy as np
import pytest

from kerabert.text.grouped_batches import GroupedBatches
from kerabert.text.sequence_packer import SequencePacker

PACKER = SequencePacker(2, 3, 0, sequence_length=32)
LENGTHS = np.array([[3, 9, 1], [2, 25, 0], [12, 7, 40], [1, 1, 1], [5, 2, 6], [0, 3, 3], [4, 8, 2]])
# Each text is of one id, which says where it stands.
COLUMNS = [
    [[100 + 10 * row + column] * n for row, n in enumerate(LENGTHS[:, column])]
    for column in range(3)
]
NUMBERS = np.arange(21).reshape(7, 3) + 5


def make(**kwargs):
    settings = {"packer": PACKER, "numbers": NUMBERS, "batch_size": 2, "num_buckets": 3}
    return GroupedBatches(COLUMNS, **{**settings, **kwargs})


def ids_of(x):
    """The ids of each text, without the special ones."""
    real = np.where(x["padding_mask"] & (x["token_ids"] > 3), x["token_ids"], 0)
    return [row[row > 0].tolist() for row in real.reshape(-1, real.shape[-1])]


@pytest.mark.parametrize("shuffle", [False, True])
def test_each_row_has_its_texts(shuffle):
    batches = make(shuffle=shuffle, seed=3)
    shapes, found = set(), {}
    order = batches.order
    for (first, others), y in batches:
        rows, order = order[: len(y)], order[len(y) :]
        assert first["token_ids"].shape[0] == len(y) <= 2
        assert others["token_ids"].shape[:2] == (len(rows), 2)
        shapes.add((first["token_ids"].shape[1], others["token_ids"].shape[2]))
        for row, one in zip(rows, ids_of(first), strict=True):
            found[row] = [one]
        for i, one in enumerate(ids_of(others)):
            found[rows[i // 2]].append(one)
    assert sorted(found) == list(range(7))
    for row, texts in found.items():
        assert texts == [COLUMNS[i][row][:30] for i in range(3)]  # cut to 32 with [CLS], [SEP]
    assert len(shapes) <= 3 and all(length % 8 == 0 for shape in shapes for length in shape)


def test_first_texts_are_padded_among_themselves():
    batches = GroupedBatches(
        [[[5]] * 4, [[6] * 30] * 4], packer=PACKER, batch_size=4, shuffle=False
    )
    first, others = batches[0][0]
    assert first["token_ids"].shape == (4, 8) and others["token_ids"].shape == (4, 1, 32)


def test_numbers_are_small_and_say_what_is_the_same():
    numbers = np.array([[7, 9, -1], [9, 7, 8]] + [[1, 2, 3]] * 5)
    batches = make(numbers=numbers, shuffle=False, sort=False)
    assert batches[0][1].tolist() == [[0, 2, -1], [2, 0, 1]]
    assert batches[1][1].tolist() == [[0, 1, 2], [0, 1, 2]]
    assert batches[0][1].dtype == np.int32


def test_targets_and_weights():
    batches = make(numbers=None, y=np.arange(7.0), sample_weight=np.arange(7.0) / 2)
    for (first, _), y, weight in batches:
        assert len(first["token_ids"]) == len(y) and (weight == y / 2).all()
    assert len(make(numbers=None)[0]) == 1


def test_ids_of_all_texts_are_known():
    assert make().token_id_range.tolist() == [0, 162]


@pytest.mark.parametrize("columns", [COLUMNS[:1], [COLUMNS[0], COLUMNS[1][:3]]])
def test_bad_columns(columns):
    with pytest.raises(ValueError, match="`columns` must be two or more, with as many rows each"):
        GroupedBatches(columns, packer=PACKER)
