"""The activations that BERT checkpoints name in `hidden_act`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

Activation = Callable[[Any], Any]

# The exact GELU, x * Phi(x), and its tanh form differ by 4e-4 after twelve layers, so which one a
# model was trained with is part of the model. Names and meanings are those of Hugging Face.
_EXACT_GELU: Activation = partial(keras.activations.gelu, approximate=False)
_TANH_GELU: Activation = partial(keras.activations.gelu, approximate=True)

ACTIVATIONS: dict[str, Activation] = {
    "gelu": _EXACT_GELU,
    "gelu_python": _EXACT_GELU,
    "gelu_new": _TANH_GELU,
    "gelu_fast": _TANH_GELU,
    "gelu_pytorch_tanh": _TANH_GELU,
    "relu": keras.activations.relu,
    "silu": keras.activations.silu,
    "swish": keras.activations.silu,
    "tanh": keras.activations.tanh,
    "sigmoid": keras.activations.sigmoid,
    "linear": keras.activations.linear,
}


def get_activation(name: str) -> Activation:
    """Return the activation that a name stands for.

    Args:
        name: str, one of `ACTIVATIONS`. `"gelu"` is the exact GELU (Hugging Face), `"gelu_new"`
            its tanh form (Google, KerasHub).

    Returns:
        A function from a float tensor to a float tensor of the same shape.

    Raises:
        ValueError: if the name is not known.

    Example:

    >>> round(float(get_activation("gelu")(1.0)), 4)
    0.8413
    >>> round(float(get_activation("gelu_new")(1.0)), 4)
    0.8412

    Source: Hendrycks and Gimpel, 2016, "Gaussian Error Linear Units", section 2.
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(
            f"`activation` must be one of {sorted(ACTIVATIONS)}. Received: activation={name!r}"
        )
    return ACTIVATIONS[name]
