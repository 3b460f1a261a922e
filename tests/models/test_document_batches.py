import keras
import numpy as np
import pytest

from tests.checks import largest_difference
from tests.models.test_document_head import LONG, make
from tests.tiny import TEXTS


def test_batches_are_of_few_shapes():
    model = make("mean", max_windows=40)
    texts = [f"{'good film ' * n}bad" for n in range(64)]
    batches = model.make_batches(texts, list(range(2)) * 32, batch_size=4, shuffle=True)
    shapes = {x["token_ids"].shape for x, _ in batches}
    assert len(shapes) <= 3 and {shape[2] for shape in shapes} == {8}
    # Of all windows at most a third is padding.
    windows = sum(x["padding_mask"].any(axis=-1).size for x, _ in batches)
    true = sum(x["padding_mask"].any(axis=-1).sum() for x, _ in batches)
    assert true > windows * 2 / 3
    rows = np.concatenate([y for _, y in batches])
    assert sorted(rows.tolist()) == [0] * 32 + [1] * 32


def test_tensorflow_learns_that_shapes_differ():
    # Also where the second batch has one window less than the first, as LONG has.
    for texts, size in ((LONG + TEXTS, 3), (LONG, 2)):
        batches = make("mean").make_batches(texts, [0] * len(texts), batch_size=size)
        assert batches.workers == 1  # Keras reads it first of all
        first, second = (batches[i][0]["token_ids"].shape for i in range(2))
        if keras.backend.backend() == "tensorflow":
            assert first[1] != second[1] and first[2] != second[2]
        batches.on_epoch_begin()
    assert all(batches[i][0]["token_ids"].shape[2] <= 8 for i in range(len(batches)))


def test_arrays_give_the_same():
    model = make()
    x = model.packer(model.tokenizer(LONG))
    outputs = model.predict(LONG, verbose=0)
    assert largest_difference(model.predict(x, verbose=0), outputs) < 1e-5
    losses = [model.evaluate(data, [0, 1, 0, 1], verbose=0)[0] for data in (LONG, x)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_windows_behind_the_last_are_cut():
    model = make("mean", max_windows=2, stride=0)
    one, two = model.predict(["good " * 12, "good " * 12 + "bad " * 9], verbose=0)
    assert largest_difference(one, two) < 1e-6


def test_validation_split():
    history = make("mean").fit(LONG, [0, 1, 0, 1], validation_split=0.5, verbose=0).history
    assert np.isfinite(history["val_loss"]).all()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"long_documents": "sum"}, r"`long_documents` must be None or one of .*'sum'"),
        ({"stride": 3}, r"`stride` must lie in 0\.\.2"),
        ({"stride": 1.0}, "`stride` must lie"),
        ({"max_windows": 0}, "`max_windows` must be a positive integer"),
        ({"sequence_length": 99}, "`sequence_length` must lie"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**{"long_documents": "mean", **kwargs})


def test_bad_inputs():
    model = make()
    x = model.packer([[5]], length=8)
    with pytest.raises(ValueError, match=r"\(batch, windows, sequence\)"):
        model.predict({name: values[:, 0] for name, values in x.items()}, verbose=0)
    with pytest.raises(ValueError, match="`token_ids`"):
        model.predict({**x, "token_ids": x["token_ids"] + 99}, verbose=0)


def test_datasets_of_strings_are_refused():
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset.from_tensor_slices(LONG).batch(2)
    with pytest.raises(ValueError, match=r"must be given a dict of arrays.*strings"):
        make().predict(dataset, verbose=0)
