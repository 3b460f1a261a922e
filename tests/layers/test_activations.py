import math

import numpy as np
import pytest

from kerabert.layers.activations import ACTIVATIONS, get_activation
from tests.checks import to_numpy

X = np.linspace(-4, 4, 33, dtype="float32")


def exact_gelu(x: float) -> float:
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def tanh_gelu(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("gelu", exact_gelu),
        ("gelu_python", exact_gelu),
        ("gelu_new", tanh_gelu),
        ("gelu_fast", tanh_gelu),
        ("gelu_pytorch_tanh", tanh_gelu),
        ("relu", lambda x: max(x, 0.0)),
        ("silu", lambda x: x / (1 + math.exp(-x))),
        ("swish", lambda x: x / (1 + math.exp(-x))),
        ("tanh", math.tanh),
        ("sigmoid", lambda x: 1 / (1 + math.exp(-x))),
        ("linear", lambda x: x),
    ],
)
def test_value(name, reference):
    expected = np.array([reference(float(x)) for x in X])
    np.testing.assert_allclose(to_numpy(get_activation(name)(X)), expected, atol=1e-6)


def test_meanings_are_those_of_hugging_face():
    torch = pytest.importorskip("torch")
    activations = pytest.importorskip("transformers.activations")
    for name in set(ACTIVATIONS) & set(activations.ACT2FN):
        expected = activations.ACT2FN[name](torch.tensor(X)).numpy()
        np.testing.assert_allclose(
            to_numpy(get_activation(name)(X)), expected, atol=1e-6, err_msg=name
        )


@pytest.mark.parametrize("name", ["GELU", "", None, 3])
def test_unknown_name(name):
    with pytest.raises(ValueError, match="`activation` must be one of"):
        get_activation(name)
