import keras
import numpy as np

from kerabert.layers.initializers import weight_initializer, without_random_weights
from tests.checks import to_numpy
from tests.tiny import make_backbone


def test_is_a_truncated_normal():
    keras.utils.set_random_seed(0)
    values = to_numpy(weight_initializer(0.02)((200, 200)))
    assert np.abs(values).max() <= 0.04 + 1e-6
    # A normal cut at two standard deviations has 0.880 of its spread.
    assert abs(values.std() / 0.02 - 0.880) < 0.01
    assert abs(values.mean()) < 4 * 0.02 / 200


def test_zeros_inside_the_context_only():
    with without_random_weights():
        weights = make_backbone().get_weights()
    matrices = [w for w in weights if w.ndim == 2]
    assert matrices and not any(w.any() for w in matrices)
    assert make_backbone().get_weights()[0].any()
