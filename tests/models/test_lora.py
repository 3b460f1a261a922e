import keras
import numpy as np
import pytest

from tests.checks import largest_difference, to_numpy
from tests.models.test_backbone import INPUTS
from tests.tiny import make_backbone


def test_lora():
    backbone = make_backbone(dropout_rate=0.0, attention_dropout_rate=0.0)
    before = to_numpy(backbone(INPUTS))
    backbone.enable_lora(rank=2)
    assert largest_difference(backbone(INPUTS), before) < 1e-6  # B starts at zero
    # Two layers, query and value each, A (8, 2) and B (2, 8).
    assert sum(int(np.prod(w.shape)) for w in backbone.trainable_weights) == 2 * 2 * 2 * 8 * 2
    frozen = [keras.ops.convert_to_numpy(w) for w in backbone.non_trainable_weights]
    backbone.compile(keras.optimizers.SGD(1.0), {"sequence_output": "mse", "pooled_output": "mse"})
    target = {name: np.ones_like(values) for name, values in before.items()}
    backbone.fit(INPUTS, target, epochs=2, verbose=0)
    after = [keras.ops.convert_to_numpy(w) for w in backbone.non_trainable_weights]
    floats = [(a, b) for a, b in zip(frozen, after, strict=True) if a.dtype == np.float32]
    assert floats and all((a == b).all() for a, b in floats)
    assert largest_difference(backbone(INPUTS), before) > 1e-4


def test_lora_refuses_unknown_layers():
    with pytest.raises(ValueError, match="`layers` must be among"):
        make_backbone().enable_lora(rank=2, layers=("query", "qv"))
