"""The dense layer that the others are made of."""

from typing import Any

import keras
from keras import ops

from kerabert.layers import jax_cpu


def affine(x: Any, kernel: Any, bias: Any = None) -> Any:
    """Return `x @ kernel + bias`, by the fastest product of the backend that is exact.

    Args:
        x: float tensor (..., inputs).
        kernel: float tensor (inputs, outputs).
        bias: float tensor (outputs,); None for none.

    Returns:
        A float tensor (..., outputs).
    """
    if keras.backend.backend() == "torch":
        from kerabert.layers.torch_affine import one_dnn_affine, takes_one_dnn

        arrays = [
            array if array is None else ops.convert_to_tensor(array) for array in (kernel, bias)
        ]
        if takes_one_dnn(x, *arrays):
            return one_dnn_affine(x, *arrays)
    return _add(ops.matmul(x, kernel), bias)


def _add(x: Any, bias: Any) -> Any:
    return x if bias is None else ops.add(x, bias)


@keras.saving.register_keras_serializable(package="kerabert")
class Dense(keras.layers.Dense):
    """Keras' dense layer, by the products of `affine` and, on JAX in a CPU, `jax_cpu.multiply`.

    Args, inputs, outputs: those of `keras.layers.Dense`.
    """

    def call(self, inputs: Any, training: Any = None) -> Any:
        if jax_cpu.is_used():
            x = _add(jax_cpu.multiply(inputs, self.kernel), self.bias)
        else:
            x = affine(inputs, self.kernel, self.bias)
        return x if self.activation is None else self.activation(x)

    def quantize(self, mode: Any = None, type_check: bool = True, **kwargs: Any) -> None:
        # Keras refuses subclasses, which may compute something else; this one does not.
        super().quantize(mode, type_check=False, **kwargs)
