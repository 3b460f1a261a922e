import numpy as np
import pytest

from kerabert.training.array_batches import ArrayBatches


def rows_of(batches):
    return [batches[i][0]["a"].tolist() for i in range(batches.num_batches)]


def test_an_epoch_has_every_row_once_with_its_target_and_weight():
    x = {"a": np.arange(10), "b": np.arange(10) * 2}
    batches = ArrayBatches(x, {"y": np.arange(10) * 3}, np.arange(10) * 4.0, batch_size=4, seed=1)
    seen = []
    for i in range(batches.num_batches):
        x, y, weight = batches[i]
        np.testing.assert_array_equal(x["b"], x["a"] * 2)
        np.testing.assert_array_equal(y["y"], x["a"] * 3)
        np.testing.assert_array_equal(weight, x["a"] * 4.0)
        seen += x["a"].tolist()
    assert sorted(seen) == list(range(10)) != seen


def test_epochs_differ_and_follow_from_the_seed():
    def epoch(seed, number):
        batches = ArrayBatches({"a": np.arange(64)}, batch_size=8, seed=seed)
        batches.restore({"seed": seed, "epoch": number, "first_step": 0})
        return rows_of(batches)

    assert epoch(1, 0) == epoch(1, 0)
    assert epoch(1, 0) != epoch(1, 1)
    assert epoch(1, 0) != epoch(2, 0)


@pytest.mark.parametrize("step", [0, 1, 3, 4])
def test_a_place_is_found_again(step):
    one = ArrayBatches({"a": np.arange(13)}, batch_size=4, seed=5)
    two = ArrayBatches({"a": np.arange(13)}, batch_size=4, seed=9)
    two.restore(one.state_at(step))
    expected = rows_of(one)[step:]
    assert rows_of(two)[: len(expected)] == expected
    assert two.state_at(0) == one.state_at(step)
