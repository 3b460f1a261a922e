import keras
import pytest

from kerabert.models.dense_head import add_pooled_head
from tests.checks import largest_difference, to_numpy
from tests.models.test_backbone import INPUTS
from tests.tiny import make_backbone


def test_is_a_dense_layer_in_float32():
    backbone = make_backbone(dtype="mixed_bfloat16")
    dense, outputs = add_pooled_head(backbone, 3, None, "head")
    assert dense.name == "head" and outputs.shape == (None, 3) and outputs.dtype == "float32"
    model = keras.Model(backbone.input, outputs)
    kernel, bias = dense.get_weights()
    expected = to_numpy(backbone(INPUTS)["pooled_output"]) @ kernel + bias
    assert largest_difference(model(INPUTS), expected) < 1e-5


def test_dropout_acts_in_training_only():
    backbone = make_backbone(dropout_rate=0.0, attention_dropout_rate=0.0)
    model = keras.Model(backbone.input, add_pooled_head(backbone, 3, 0.5, "head")[1])
    assert largest_difference(model(INPUTS), model(INPUTS, training=False)) == 0
    assert largest_difference(model(INPUTS), model(INPUTS, training=True)) > 1e-3


def test_bad_arguments():
    with pytest.raises(ValueError, match="must have a pooler"):
        add_pooled_head(make_backbone(use_pooler=False), 3, None, "head")
    with pytest.raises(ValueError, match="`dropout_rate` must lie"):
        add_pooled_head(make_backbone(), 3, 1.0, "head")
