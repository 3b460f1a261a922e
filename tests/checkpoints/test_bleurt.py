"""Real weights of Google's: BLEURT-tiny scores as its own SavedModel does, tanh GELU and all."""

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.text_regressor import BertTextRegressor
from tests.checkpoints.bleurt import (
    SavedBleurt,
    compare,
    find_bleurt,
    missing,
    pack,
    read_pairs,
    their_ids,
)
from tests.checkpoints.presets import are_equal, randomize

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def test_the_scores_are_those_of_the_saved_model():
    figures = compare(find_bleurt())
    print(figures)
    assert figures["strings"] < 1e-5 and figures["arrays"] < 1e-5


def test_the_exact_gelu_would_be_another_model():
    """The bound above tells them apart."""
    model = load_preset(BertTextRegressor, find_bleurt())
    assert model.backbone.activation == "gelu_new"
    x = pack(model, read_pairs(8))
    exact = load_preset(BertTextRegressor, find_bleurt()).backbone.get_config()
    other = type(model.backbone).from_config(exact | {"activation": "gelu"})
    other = BertTextRegressor(other, num_outputs=1)
    other.set_weights(model.get_weights())
    gap = np.abs(other.predict(x, verbose=0) - model.predict(x, verbose=0)).max()
    assert gap > 3e-5


def test_the_ids_are_those_of_googles_tokenizer():
    texts = [text for column in read_pairs() for text in column]
    expected = their_ids(find_bleurt(), texts)
    if expected is None:
        pytest.skip("BLEURT's code is not beside its checkpoint")
    assert load_preset(BertTextRegressor, find_bleurt()).tokenizer(texts) == expected


def test_what_kerabert_writes_googles_graph_computes(tmp_path):
    """Other weights, saved by kerabert, read by TensorFlow, in the graph that Google made."""
    import tensorflow as tf

    model = randomize(load_preset(BertTextRegressor, find_bleurt()), seed=1)
    save_preset(model, tmp_path, format="google")
    assert are_equal(load_preset(BertTextRegressor, tmp_path), model)
    reader = tf.train.load_checkpoint(str(tmp_path / "bert_model.ckpt"))
    arrays = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    arrays["dense/kernel"] = arrays.pop("output_weights").T  # the head's name in BLEURT
    arrays["dense/bias"] = arrays.pop("output_bias")
    theirs = SavedBleurt(find_bleurt())
    theirs.assign(arrays)
    x = pack(model, read_pairs(16))
    expected = theirs.score(x)
    gap = np.abs(model.predict(x, verbose=0)[:, 0] - expected).max()
    print(f"largest difference: {gap:.1e}")
    assert gap < 1e-5 * max(1, np.abs(expected).max())
