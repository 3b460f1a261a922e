import keras
import numpy as np
import pytest

from kerabert.models.preparation import (
    count_buckets,
    count_rows,
    count_steps,
    split_validation,
    unpack,
)
from kerabert.text.batches import TokenBatches
from kerabert.text.sequence_packer import SequencePacker
from tests.checks import largest_difference
from tests.models.test_backbone import INPUTS
from tests.models.test_task import PAIRS, make_classifier
from tests.tiny import LABELS, TEXTS


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3


def test_counts():
    assert [count_rows(x) for x in (["a"], PAIRS, INPUTS)] == [1, 8, 2]
    assert count_steps(INPUTS, 1) == 2
    assert count_steps(Batches(), None) == 3
    assert count_steps(iter([]), None) is None


def test_unpack():
    assert unpack((["a"], [1])) == (["a"], [1], None)
    assert unpack((["a"], [1], [2.0])) == (["a"], [1], [2.0])
    dataset = TokenBatches([[5]], packer=SequencePacker(2, 3, 0, sequence_length=8))
    assert unpack(dataset) == (dataset, None, None)
    for bad in ([["a"], [1]], (["a"],), "ab"):
        with pytest.raises(ValueError, match="`validation_data` must be"):
            unpack(bad)


@pytest.mark.parametrize("pairs", [False, True])
def test_tf_data_of_strings(pairs):
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("tensorflow_text")
    model = make_classifier(sequence_length=10)
    x = PAIRS if pairs else TEXTS
    expected = model.predict(x, verbose=0)
    dataset = tf.data.Dataset.from_tensor_slices((x, LABELS)).batch(3)
    assert largest_difference(model.predict(dataset, verbose=0), expected) < 1e-5
    loss = model.evaluate(dataset, verbose=0)[0]
    assert loss == pytest.approx(model.evaluate(x, LABELS, verbose=0)[0], abs=1e-5)
    history = model.fit(dataset, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_split_validation():
    train, valid = split_validation(list("abcd"), [0, 1, 2, 3], None, 0.25)
    assert train == (["a", "b", "c"], [0, 1, 2], None)
    assert valid == (["d"], [3], None)
    train, valid = split_validation((list("abcd"), list("efgh")), None, [1, 2, 3, 4], 0.5)
    assert train == ((["a", "b"], ["e", "f"]), None, [1, 2])
    assert valid == ((["c", "d"], ["g", "h"]), None, [3, 4])
    train, valid = split_validation(INPUTS, np.array([0, 1]), None, 0.5)
    assert (train[0]["token_ids"] == INPUTS["token_ids"][:1]).all() and valid[1] == [1]


@pytest.mark.parametrize(("x", "share"), [(["a"], 0.5), (["a", "b"], 1.0), (iter([]), 0.5)])
def test_bad_split(x, share):
    with pytest.raises(ValueError, match="`validation_split`"):
        split_validation(x, None, None, share)


def test_buckets():
    """Where nothing is compiled for a length, rows in order are padded least."""
    compiles = keras.backend.backend() == "jax"
    assert [count_buckets(n, 32, shuffle=True) for n in (1, 511, 512, 10**6)] == [1, 1, 2, 8]
    assert count_buckets(1, 32, shuffle=False) == (1 if compiles else 64)
    assert count_buckets(512, 32, shuffle=False) == (5 if compiles else 64)
