"""The vector that stands for a whole sequence."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import check_positive_numbers
from kerabert.layers.dense import Dense
from kerabert.layers.ids import check_ids
from kerabert.layers.initializers import weight_initializer


@keras.saving.register_keras_serializable(package="kerabert")
class Pooler(keras.layers.Layer):
    """Makes one vector of a sequence: `tanh(W x[CLS] + b)`.

    It was trained with next-sentence prediction, and heads that classify a text start from it.
    Where a row holds several sequences, `positions` says where each one's [CLS] is.

    Args:
        initializer_range: float, standard deviation of the truncated normal that the kernel
            starts from. Default 0.02.

    Inputs:
        inputs: float tensor (batch, sequence, hidden_dim); the first token is [CLS].
        positions: int tensor (batch, examples), each in 0..sequence-1; None means the first token
            alone.

    Outputs:
        A float tensor (batch, hidden_dim), each value in [-1, 1]; with `positions` (batch,
        examples, hidden_dim).

    Raises:
        ValueError: if `initializer_range` is not above zero, or (when the values can be seen, that
            is outside a compiled function) a position is out of range.

    Example:

    >>> import numpy as np
    >>> tuple(Pooler()(np.ones((2, 3, 8), "float32")).shape)
    (2, 8)

    Source: Devlin et al., 2019, section 3.1; the tanh projection is in Google's code only.
    """

    def __init__(self, initializer_range: float = 0.02, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive_numbers(initializer_range=initializer_range)
        self.initializer_range = initializer_range

    def build(self, inputs_shape: Any, positions_shape: Any = None) -> None:
        hidden_dim = inputs_shape[-1]
        self.dense = Dense(
            hidden_dim,
            activation="tanh",
            kernel_initializer=weight_initializer(self.initializer_range),
            dtype=self.dtype_policy,
            name="dense",
        )
        self.dense.build((inputs_shape[0], hidden_dim))
        self.built = True

    def call(self, inputs: Any, positions: Any = None) -> Any:
        if positions is None:
            return self.dense(inputs[:, 0, :])
        if inputs.shape[1] is not None:
            check_ids("positions", positions, inputs.shape[1])
        places = ops.expand_dims(ops.cast(positions, "int32"), 2)
        return self.dense(ops.take_along_axis(inputs, places, axis=1))

    def compute_output_shape(self, inputs_shape: Any, positions_shape: Any = None) -> Any:
        if positions_shape is None:
            return (inputs_shape[0], inputs_shape[-1])
        return (*positions_shape, inputs_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "initializer_range": self.initializer_range}
