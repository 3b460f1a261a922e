import keras
import numpy as np
import pytest

from kerabert.models.token_crossentropy import TokenCrossentropy

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("places", [1, 3])
@pytest.mark.parametrize("weights", [None, "some", "none"])
def test_equals_the_formula(places, weights):
    logits = RANDOM.normal(size=(2, places, 5)).astype("float32")
    y = RANDOM.integers(0, 5, (2, places))
    w = None if weights is None else RANDOM.uniform(size=(2, places)) * (weights == "some")
    if weights == "some":
        w[1] = 0
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    losses = -np.log(np.take_along_axis(chances, y[:, :, None], -1)[:, :, 0])
    expected = losses.mean() if w is None else (losses * w).sum() / max(w.sum(), 1e-9)
    assert float(TokenCrossentropy()(y, logits, w)) == pytest.approx(expected, rel=1e-5)


def test_config():
    loss = TokenCrossentropy(reduction="sum", name="mine")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(again) is TokenCrossentropy
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("shape", [(2,), (2, 1), (3, 2), (2, 3, 1)])
def test_weights_of_another_shape(shape):
    with pytest.raises(ValueError, match="`sample_weight` must have the shape of the targets"):
        TokenCrossentropy()(np.zeros((2, 3), "int32"), np.zeros((2, 3, 5)), np.ones(shape))
